internal import Files
internal import Tensors

extension FamilyKeys {
  private static let verbs = [
    "transpose", "reshape", "squeeze", "rotaryHalves", "scale", "split", "concat", "stack", "unstack",
  ]

  /// One step of a `convert` rule: `{ split: 0 }`.
  func transform(_ value: JSONValue, _ rule: String) throws(VLMError) -> Transform {
    func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(.familyTransform, "\(rule): \(message)", file: file, remedy: remedy)
    }
    guard let members = value.objectValue, members.count == 1, let (verb, operand) = members.first else {
      throw refuse("a step is one transform such as { split: 0 }, not \(value.summary)")
    }
    switch verb {
    case "transpose":
      let axes = try axes(operand, refuse("transpose takes the source's axes in their new order"))
      guard axes.sorted() == Array(axes.indices) else {
        throw VLMError(
          .familyNotInvertible, "\(rule): transpose \(axes) is no permutation, so it cannot be undone",
          file: file)
      }
      return .transpose(axes)
    case "squeeze":
      return .squeeze(try axes(operand, refuse("squeeze takes the axes of extent 1 to remove")).sorted())
    case "split": return .split(axis: try axis(operand, refuse("split takes an axis")))
    case "concat": return .concat(axis: try axis(operand, refuse("concat takes an axis")))
    case "stack": return .stack(axis: try axis(operand, refuse("stack takes an axis")))
    case "unstack": return .unstack(axis: try axis(operand, refuse("unstack takes an axis")))
    case "scale":
      guard let factor = operand.doubleValue, factor > 0, factor.isFinite else {
        throw refuse("scale takes a number")
      }
      guard factor.significand == 1, abs(factor.exponent) <= 64 else {
        throw VLMError(
          .familyNotInvertible, "\(rule): scaling by \(factor) does not come back bit for bit", file: file,
          remedy: "scale by powers of two only, and let the configuration hold other factors")
      }
      return .scale(factor)
    case "rotaryHalves":
      let members = try object(operand, "\(rule): rotaryHalves", required: ["axis", "heads"], optional: [])
      guard let heads = Extent(members["heads"]!), heads != .rest else {
        throw refuse("heads is a number or a field of the configuration")
      }
      return .rotaryHalves(axis: try axis(members["axis"]!, refuse("axis is a number")), heads: heads)
    case "reshape":
      let members = try object(operand, "\(rule): reshape", required: ["from", "to"], optional: [])
      let from = try extents(members["from"]!, rule)
      let to = try extents(members["to"]!, rule)
      for side in [from, to] where side.count(where: { $0 == .rest }) > 1 {
        throw VLMError(
          .familyNotInvertible, "\(rule): a shape with two * cannot be worked out", file: file,
          remedy: "name the other extents, on both sides")
      }
      return .reshape(from: from, to: to)
    default:
      throw refuse(
        "unknown transform \"\(verb)\"",
        NearestNames.suggestion(for: verb, among: Self.verbs) ?? "one of \(Self.verbs.joined(separator: ", "))"
      )
    }
  }

  private func axis(_ value: JSONValue, _ error: VLMError) throws(VLMError) -> Int {
    guard let axis = value.intValue, (0..<16).contains(axis) else { throw error }
    return axis
  }

  private func axes(_ value: JSONValue, _ error: VLMError) throws(VLMError) -> [Int] {
    var axes: [Int] = []
    for item in value.arrayValue ?? [] { axes.append(try axis(item, error)) }
    guard !axes.isEmpty, Set(axes).count == axes.count else { throw error }
    return axes
  }

  private func extents(_ value: JSONValue, _ rule: String) throws(VLMError) -> [Extent] {
    var extents: [Extent] = []
    for item in try array(value, "\(rule): a shape") {
      guard let extent = Extent(item) else {
        throw VLMError(
          .familyTransform, "\(rule): \(item.summary) is no extent", file: file,
          remedy:
            "write a number, fields of the configuration such as \"vision.heads * 2\", or \"*\" for the rest")
      }
      extents.append(extent)
    }
    return extents
  }
}
