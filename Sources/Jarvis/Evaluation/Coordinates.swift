internal import Files
internal import Grounding
internal import Tensors

/// What the numbers of `source.points` and `source.bbox` count; those of a conversation's items are always percent.
package enum SourceScale: String, Sendable, CaseIterable {
  case percent
  case thousandths
  case fractions
  case pixels

  func scale(_ frame: PictureSize) -> CoordinateScale {
    switch self {
    case .percent: .percent
    case .thousandths: .thousandths
    case .fractions: .fractions
    case .pixels: .pixels(frame)
    }
  }
}

/// Numbers of a row as places of its picture.
struct Coordinates {
  let row: QuestionRow
  let field: String
  let scale: CoordinateScale

  /// `[x, y]` or a list of them.
  func points(_ value: JSONValue?) throws(VLMError) -> [PicturePoint] {
    try lists(value, of: 2, "point").map { scale.point($0[0], $0[1]) }
  }

  /// `[x, y, x, y]` or a list of them.
  func boxes(_ value: JSONValue?) throws(VLMError) -> [PictureBox] {
    try lists(value, of: 4, "box").map { PictureBox(scale.point($0[0], $0[1]), scale.point($0[2], $0[3])) }
  }

  private func lists(_ value: JSONValue?, of count: Int, _ name: String) throws(VLMError) -> [[Double]] {
    guard let value, value != .null else { return [] }
    guard let elements = value.arrayValue else {
      throw row.failure("\(value.summary) is no \(name)", field, remedy: "a \(name) is a list of \(count) numbers")
    }
    if elements.isEmpty { return [] }
    let lists = elements.contains { $0.arrayValue != nil } ? elements : [value]
    var found: [[Double]] = []
    for list in lists {
      let numbers = (list.arrayValue ?? []).compactMap(\.doubleValue)
      guard let given = list.arrayValue, given.count == count, numbers.count == count else {
        throw row.failure(
          "a \(name) is \(list.arrayValue.map { "a list of \($0.count)" } ?? list.summary)", field,
          remedy: "a \(name) is a list of \(count) numbers")
      }
      guard numbers.allSatisfy(\.isFinite) else { throw row.failure("a number of a \(name) is not finite", field, remedy: "mend the row") }
      for pair in stride(from: 0, to: count, by: 2) {
        let point = scale.point(numbers[pair], numbers[pair + 1])
        guard (0...1).contains(point.x), (0...1).contains(point.y) else {
          throw row.failure(
            "a \(name) has the corner (\(numbers[pair]), \(numbers[pair + 1])), which is off the picture", field,
            remedy: field == "source"
              ? "say with --source-scale what its numbers count" : "items point and bbox are percent, 0 to 100, of either side")
        }
      }
      found.append(numbers)
    }
    return found
  }
}
