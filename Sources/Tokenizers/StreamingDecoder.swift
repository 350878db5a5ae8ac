package import Tensors

/// Decodes ids as they come, giving out only whole characters.
///
///     var stream = StreamingDecoder(tokenizer)
///     for id in generated { print(try stream.append(id), terminator: "") }
///     print(try stream.finish())
///
/// All texts together are `decode` of all ids, as long as these spell whole characters in the end. Each step decodes
/// only the ids since the text before last, so the cost of a step does not grow with the length of the whole.
package struct StreamingDecoder: Sendable {
  /// After so many ids without a whole character the text is given out as it stands.
  private static let longestWait = 1024

  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  /// The ids since the last clean end but one: what is given out already is kept to decode the next in context.
  private var ids: [Int] = []
  /// How many ids the last clean end had before it.
  private var clean = 0
  /// How much of the ids' text is given out, in UTF-8.
  private var given = 0

  package init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// Takes an id and returns the text that is now certain, often empty in the middle of a character.
  ///
  /// - Throws: as `Tokenizer.decode`.
  package mutating func append(_ id: Int) throws(VLMError) -> String {
    ids.append(id)
    let text = try tokenizer.decode(ids, skipSpecialTokens: skipSpecialTokens)
    var certain = text.unicodeScalars[...]
    if ids.count - clean < Self.longestWait {
      while certain.last == "\u{FFFD}" { certain.removeLast() }
    }
    let new = Self.dropping(given, from: String(certain))
    given += new.utf8.count
    // A text that grew and ends with a whole character is a clean end; one that did not may yet turn out otherwise.
    if !new.isEmpty, certain.endIndex == text.unicodeScalars.endIndex {
      ids.removeFirst(clean)
      clean = ids.count
      given = try tokenizer.decode(ids, skipSpecialTokens: skipSpecialTokens).utf8.count
    }
    return new
  }

  /// What is left: the broken end of a text that stopped within a character.
  package mutating func finish() throws(VLMError) -> String {
    let text = try tokenizer.decode(ids, skipSpecialTokens: skipSpecialTokens)
    defer { (ids, clean, given) = ([], 0, 0) }
    return Self.dropping(given, from: text)
  }

  private static func dropping(_ count: Int, from text: String) -> String {
    String(decoding: text.utf8.dropFirst(count), as: UTF8.self)
  }
}
