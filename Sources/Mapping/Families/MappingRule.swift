internal import Tensors

/// One line of a family file with every alternative chosen: from source names to runtime parameters and back.
struct MappingRule: Sendable {
  /// Source names; several when the rule puts tensors together.
  let sources: [NameTemplate]
  /// Parameter names; several when the rule takes a tensor apart.
  let parameters: [NameTemplate]
  let transforms: [Transform]
  /// The index that numbers the tensors of a stack (`experts.[e].…`), on the side of `sources` or
  /// `parameters`.
  let listIndex: String?
  let listIsInSource: Bool

  /// How many names there are on one side, given the place of the last that was seen.
  func count(of templates: [NameTemplate], reaching last: Int, isList: Bool) -> Int {
    guard isList, listIndex != nil else { return templates.count }
    return (last / templates.count + 1) * templates.count
  }

  /// The name at a place of the list: the templates for index 0, then those for 1, and so on.
  func name(_ templates: [NameTemplate], _ place: Int, _ indexes: [String: Int]) -> String {
    guard let listIndex else { return templates[place].name(indexes) }
    let index = place / templates.count
    return templates[place % templates.count].name(indexes.merging([listIndex: index]) { $1 })
  }

  /// Into how many parts a source is unstacked.
  func stackedCount(_ source: TensorLayout, _ symbols: ConfigurationSymbols) throws(VLMError) -> Int {
    guard let fan = transforms.firstIndex(where: \.fansOut) else { return 1 }
    var layout = source
    for transform in transforms[..<fan] { layout = try transform.apply(layout, symbols) }
    let axis = transforms[fan].fanAxis.axis
    return layout.shape.indices.contains(axis) ? layout.shape[axis] : 1
  }

  /// Makes the parameters' layouts from the sources'.
  ///
  /// - Parameter expected: shapes of the parameters, which say how to cut.
  func apply(
    _ layouts: [TensorLayout], expected: [[Int]], _ symbols: ConfigurationSymbols
  ) throws(VLMError) -> [TensorLayout] {
    var parts = layouts
    for (index, transform) in transforms.enumerated() {
      if transform.fansIn {
        parts = [try transform.putTogether(parts)]
      } else if transform.fansOut {
        let share = expected.count / parts.count
        var cut: [TensorLayout] = []
        for (place, part) in parts.enumerated() {
          let shapes = Array(expected[(place * share)..<((place + 1) * share)])
          let extents = try extents(of: shapes, at: index, symbols)
          cut += try transform.takeApart(part, extents: extents)
        }
        parts = cut
      } else {
        parts = try Self.each(parts) { layout throws(VLMError) in try transform.apply(layout, symbols) }
      }
    }
    return parts
  }

  /// What the parts measure on the axis that step `index` cuts, before the steps that follow it.
  private func extents(
    of shapes: [[Int]], at index: Int, _ symbols: ConfigurationSymbols
  ) throws(VLMError) -> [Int] {
    let (axis, isNew) = transforms[index].fanAxis
    // Of a list for every index, the list is cut by a later step.
    if isNew { return Array(repeating: 1, count: shapes.count / parameters.count) }
    return try Self.eachShape(shapes) { shape throws(VLMError) in
      var layout = TensorLayout(source: "", shape: shape)
      for transform in transforms[(index + 1)...].reversed() { layout = try transform.undo(layout, symbols) }
      guard layout.shape.indices.contains(axis) else {
        throw TensorLayout.unsupported("no axis \(axis) to split")
      }
      return layout.shape[axis]
    }
  }

  /// Makes the sources' layouts from the parameters'. `count` is how many sources there are.
  func undo(
    _ layouts: [TensorLayout], count: Int, _ symbols: ConfigurationSymbols
  ) throws(VLMError) -> [TensorLayout] {
    var parts = layouts
    for (index, transform) in transforms.enumerated().reversed() {
      if transform.fansOut {
        // A cut after a cut is undone for each part of the first.
        let isSecond = transforms[..<index].contains { $0.fansOut }
        let share = isSecond ? parameters.count : parts.count
        var joined: [TensorLayout] = []
        for start in stride(from: 0, to: parts.count, by: share) {
          joined.append(try transform.putTogether(Array(parts[start..<min(start + share, parts.count)])))
        }
        parts = joined
      } else if transform.fansIn {
        let (axis, isNew) = transform.fanAxis
        guard parts[0].shape.indices.contains(axis), count > 0, parts[0].shape[axis] % count == 0 else {
          throw TensorLayout.unsupported("\(parts[0].shape) does not divide into \(count) on axis \(axis)")
        }
        let extent = isNew ? 1 : parts[0].shape[axis] / count
        parts = try transform.takeApart(parts[0], extents: Array(repeating: extent, count: count))
      } else {
        parts = try Self.each(parts) { layout throws(VLMError) in try transform.undo(layout, symbols) }
      }
    }
    return parts
  }

  private static func each(
    _ layouts: [TensorLayout], _ body: (TensorLayout) throws(VLMError) -> TensorLayout
  ) throws(VLMError) -> [TensorLayout] {
    var results: [TensorLayout] = []
    for layout in layouts { results.append(try body(layout)) }
    return results
  }

  private static func eachShape(
    _ shapes: [[Int]], _ body: ([Int]) throws(VLMError) -> Int
  ) throws(VLMError) -> [Int] {
    var results: [Int] = []
    for shape in shapes { results.append(try body(shape)) }
    return results
  }
}

/// Everything whose name starts with `root`, left out on purpose: an action head, statistics of a data set.
struct IgnoredTree: Sendable {
  /// `action_head.`
  let root: String
  let reason: String

  /// Whether some name of `template` lies below it.
  func overlaps(_ template: NameTemplate) -> Bool {
    guard case .literal(let start)? = template.parts.first else { return true }
    if start.hasPrefix(root) { return true }
    // After the literal comes an index, so digits.
    return root.hasPrefix(start) && root.dropFirst(start.count).first?.isNumber == true
  }
}

/// A source tensor that is left out on purpose.
struct IgnoreRule: Sendable {
  let template: NameTemplate
  let reason: String
  /// What it is made of for a reader that insists on it; `nil` is not written anew.
  let anew: Anew?

  enum Anew: Sendable, Equatable {
    /// 0, 1, 2, … for the rows of a parameter, `[1, rows]`.
    case numbers(String)
    case zeros([Extent])
  }
}
