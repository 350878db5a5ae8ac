internal import Tensors

/// How many bytes the steps that rewrite one text may make together.
///
/// A few bytes of settings can ask for a text of any length, and for any number of steps over it. What published tokenizers
/// make is a few times the text: each step copies it, and the worst of them (NFKD) makes eleven times as much of a character.
struct TextBudget {
  /// For the empty text too, for a step may put something before it.
  private static let least = 1 << 20
  private static let perByte = 128

  private let byteCount: Int
  private let limit: Int
  private var left: Int

  /// - Parameter byteCount: of the text that is rewritten.
  init(for byteCount: Int) {
    self.byteCount = byteCount
    limit = Self.least + min(byteCount, 1 << 40) * Self.perByte
    left = limit
  }

  /// - Throws: `tokenizers.text.limit` when that is more than is left.
  mutating func spend(_ count: Int, on step: String) throws(VLMError) {
    left -= count
    guard left >= 0 else {
      throw VLMError(
        .tokenizerTextLimit, "\(step) makes more than \(limit) bytes of a text of \(byteCount)",
        remedy: "the file is damaged or hostile; get it again")
    }
  }
}
