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

  /// As a manifest spells it: `rename`, or the steps.
  var text: String { transforms.isEmpty ? "rename" : transforms.map(\.text).joined(separator: ", ") }

  private var fan: Int? { transforms.firstIndex { $0.fansIn || $0.fansOut } }

  /// Makes the parameters' layouts from the sources'.
  ///
  /// - Parameter expected: shapes of the parameters, which say how to cut.
  func apply(
    _ layouts: [TensorLayout], expected: [[Int]], _ symbols: ConfigurationSymbols
  ) throws(VLMError) -> [TensorLayout] {
    let fan = fan ?? transforms.count
    var parts = layouts
    for transform in transforms[..<fan] {
      parts = try Self.each(parts) { layout throws(VLMError) in try transform.apply(layout, symbols) }
    }
    guard fan < transforms.count else { return parts }
    let tail = transforms[(fan + 1)...]
    if transforms[fan].fansOut {
      // What a part measures before the steps that follow the cut.
      let extents = try Self.eachShape(expected) { shape throws(VLMError) in
        var layout = TensorLayout(source: "", shape: shape)
        for transform in tail.reversed() { layout = try transform.undo(layout, symbols) }
        let (axis, isNew) = transforms[fan].fanAxis
        if isNew { return 1 }
        guard layout.shape.indices.contains(axis) else {
          throw TensorLayout.unsupported("no axis \(axis) to split")
        }
        return layout.shape[axis]
      }
      parts = try transforms[fan].takeApart(parts[0], extents: extents)
    } else {
      parts = [try transforms[fan].putTogether(parts)]
    }
    for transform in tail {
      parts = try Self.each(parts) { layout throws(VLMError) in try transform.apply(layout, symbols) }
    }
    return parts
  }

  /// Makes the sources' layouts from the parameters'. `count` is how many sources there are.
  func undo(
    _ layouts: [TensorLayout], count: Int, _ symbols: ConfigurationSymbols
  ) throws(VLMError) -> [TensorLayout] {
    let fan = fan ?? transforms.count
    var parts = layouts
    if fan < transforms.count {
      for transform in transforms[(fan + 1)...].reversed() {
        parts = try Self.each(parts) { layout throws(VLMError) in try transform.undo(layout, symbols) }
      }
      let step = transforms[fan]
      if step.fansOut {
        parts = [try step.putTogether(parts)]
      } else {
        let (axis, isNew) = step.fanAxis
        guard parts[0].shape.indices.contains(axis), count > 0, parts[0].shape[axis] % count == 0 else {
          throw TensorLayout.unsupported("\(parts[0].shape) does not divide into \(count) on axis \(axis)")
        }
        let extent = isNew ? 1 : parts[0].shape[axis] / count
        parts = try step.takeApart(parts[0], extents: Array(repeating: extent, count: count))
      }
    }
    for transform in transforms[..<fan].reversed() {
      parts = try Self.each(parts) { layout throws(VLMError) in try transform.undo(layout, symbols) }
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

/// A source tensor that is left out on purpose.
struct IgnoreRule: Sendable {
  let template: NameTemplate
  let reason: String
  /// The parameter whose rows it counts, 0, 1, 2, …, for a reader that insists on it; `nil` is not written anew.
  let numbers: String?
}
