internal import Tensors

/// The added tokens, and how a text is cut at them.
struct AddedVocabulary: Sendable {
  /// A part of a text: an added token, or what the model has to tokenize.
  struct Part {
    let range: Range<Int>
    /// Index into `tokens`, -1 for text.
    let token: Int
  }

  let tokens: [AddedToken]
  /// What each token decodes to: its text as the normalizer leaves it, for those looked for in normalized text.
  private let shown: [String]
  private let indexOfID: [Int: Int]
  private let indexOfContent: [String: Int]
  private let specialContents: Set<String>
  /// Of tokens looked for in the raw text, and in the normalized one.
  private let rawTrie: ByteTrie
  private let normalizedTrie: ByteTrie

  /// Ids that the file gives and the package `tokenizers` does not follow.
  let notices: [Notice]

  init(_ nodes: [JSONNode], table: TokenTable, normalizer: Normalizer?) throws(VLMError) {
    var tokens: [AddedToken] = []
    var byID: [Int: Int] = [:]
    var byContent: [String: Int] = [:]
    var specials: Set<String> = []
    var notices: [Notice] = []
    // As `tokenizers` numbers them: a token of the model keeps its id, others follow the vocabulary.
    var nextID = table.count
    for node in nodes {
      var token = try AddedToken(node)
      if token.content.isEmpty { continue }
      let expected = table.id(of: token.content) ?? byContent[token.content].map { tokens[$0].id } ?? nextID
      if token.id != expected {
        notices.append(
          Notice(
            .warning,
            "added token \"\(token.content)\" says id \(token.id), but its place gives it \(expected), which counts, as in the package tokenizers",
            file: node.file, remedy: "the file was edited by hand; save it again with that package"))
        token.id = expected
      }
      nextID = max(nextID, expected + 1)
      byID[token.id] = tokens.count
      byContent[token.content] = tokens.count
      if token.isSpecial { specials.insert(token.content) }
      tokens.append(token)
    }
    self.tokens = tokens
    self.notices = notices
    indexOfID = byID
    indexOfContent = byContent
    specialContents = specials
    var shown = tokens.map(\.content)
    var raw = ByteTrie()
    var normalized = ByteTrie()
    // Special ones first: of two with one text the first counts.
    for (index, token) in tokens.enumerated().sorted(by: { $0.1.isSpecial && !$1.1.isSpecial }) {
      guard byContent[token.content] == index else { continue }
      var content = Array(token.content.utf8)
      if token.isNormalized {
        var budget = TextBudget(for: content.count)
        try normalizer?.apply(to: &content, &budget)
        shown[index] = String(decoding: content, as: UTF8.self)
      }
      content.withUnsafeBufferPointer {
        if token.isNormalized {
          normalized.insert($0, value: index, replacing: false)
        } else {
          raw.insert($0, value: index, replacing: false)
        }
      }
    }
    raw.finish()
    normalized.finish()
    self.shown = shown
    rawTrie = raw
    normalizedTrie = normalized
  }

  var idLimit: Int { (tokens.map(\.id).max() ?? -1) + 1 }

  /// What the id decodes to.
  func text(of id: Int) -> String? { indexOfID[id].map { shown[$0] } }
  func id(of content: String) -> Int? { indexOfContent[content].map { tokens[$0].id } }
  func isSpecial(_ content: String) -> Bool { specialContents.contains(content) }

  func partsOfRaw(_ text: UnsafeBufferPointer<UInt8>) -> [Part] { parts(text, rawTrie) }
  func partsOfNormalized(_ text: UnsafeBufferPointer<UInt8>) -> [Part] { parts(text, normalizedTrie) }

  /// Cuts at every token found: leftmost, then longest.
  private func parts(_ text: UnsafeBufferPointer<UInt8>, _ trie: ByteTrie) -> [Part] {
    if trie.isEmpty { return text.isEmpty ? [] : [Part(range: 0..<text.count, token: -1)] }
    var parts: [Part] = []
    var done = 0
    var position = 0
    while position < text.count {
      guard trie.hasEntry(beginningWith: text[position]) else {
        position += 1
        continue
      }
      var (end, found) = (-1, -1)
      trie.forEachPrefix(of: text, from: position) { (end, found) = ($0, $1) }
      guard found >= 0 else {
        position += 1
        continue
      }
      let start = position
      position = end
      let token = tokens[found]
      if token.isSingleWord, isWord(before: start, text) || isWord(at: end, text) { continue }
      let first = token.stripsLeft ? max(whitespaceStart(before: start, text), done) : start
      let last = token.stripsRight ? whitespaceEnd(after: end, text) : end
      if done < first { parts.append(Part(range: done..<first, token: -1)) }
      parts.append(Part(range: min(first, last)..<last, token: found))
      done = last
    }
    if done < text.count { parts.append(Part(range: done..<text.count, token: -1)) }
    return parts
  }

  private func isWord(before position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    position > 0 && isWord(at: UTF8Text.before(text, position), text)
  }

  private func isWord(at position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    position < text.count && ScalarProperties.isWord(UTF8Text.scalar(text, at: position).value)
  }

  private func whitespaceStart(before position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = position
    while start > 0 {
      let before = UTF8Text.before(text, start)
      guard ScalarProperties.isWhitespace(UTF8Text.scalar(text, at: before).value) else { break }
      start = before
    }
    return start
  }

  private func whitespaceEnd(after position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = position
    while end < text.count {
      let (value, length) = UTF8Text.scalar(text, at: end)
      guard ScalarProperties.isWhitespace(value) else { break }
      end += length
    }
    return end
  }
}
