internal import Foundation

/// A regular expression of a stranger's that surely ends soon on a module's name: few repetitions, and none of a group.
struct BoundedExpression: Sendable {
  private let expression: NSRegularExpression

  /// Why a pattern is not taken.
  enum Refusal: Error {
    case malformed
    /// It may take very long to match.
    case costly
  }

  /// - Parameter prefix: an expression of our own that goes before it.
  init(_ pattern: String, after prefix: String = "") throws(Refusal) {
    guard let expression = try? NSRegularExpression(pattern: "\(prefix)(\(pattern))") else {
      throw .malformed
    }
    guard Self.isCheap(pattern) else { throw .costly }
    self.expression = expression
  }

  private static func isCheap(_ pattern: String) -> Bool {
    let marks: Set<Character> = ["*", "+", "?", "{"]
    let letters = Array(pattern)
    return letters.count <= 400 && letters.count { marks.contains($0) } <= 6
      && !zip(letters, letters.dropFirst()).contains { $0 == ")" && $1 != "?" && marks.contains($1) }
  }

  /// Whether it matches from the first letter on, as Python's `re.match`.
  ///
  /// - Parameter whole: whether to the last, too.
  func matches(_ text: String, whole: Bool) -> Bool {
    let range = NSRange(text.startIndex..., in: text)
    return expression.firstMatch(in: text, options: .anchored, range: range).map {
      !whole || $0.range == range
    } ?? false
  }
}
