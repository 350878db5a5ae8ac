internal import Tensors

/// BERT's model: the longest token that a word begins with, then the longest of the rest with `##` before it.
struct WordPiece: Sendable {
  let table: TokenTable
  /// Tokens that a word begins with.
  private let beginnings: ByteTrie
  /// Tokens that go on within a word, without their prefix.
  private let continuations: ByteTrie
  private let unknownID: Int
  private let maximumCharacters: Int

  /// - Throws: `model.unknown` when the unknown token is not in the vocabulary, `file.field`.
  init(_ file: ModelFile) throws(VLMError) {
    var table = file.vocabulary
    table.indexIDs()
    self.table = table
    let prefix = try file.affix("continuing_subword_prefix", default: "##")
    var (beginnings, continuations) = (ByteTrie(), ByteTrie())
    table.forEach { bytes, id in
      beginnings.insert(bytes, value: id)
      if bytes.starts(with: prefix) {
        continuations.insert(UnsafeBufferPointer(rebasing: bytes[prefix.count...]), value: id)
      }
    }
    beginnings.finish()
    continuations.finish()
    (self.beginnings, self.continuations) = (beginnings, continuations)
    maximumCharacters = try file.settings["max_input_chars_per_word"]?.integer() ?? 100
    unknownID = try file.unknownToken(default: "[UNK]", in: table)
  }

  func encode(_ text: PieceText, into result: inout [Int]) {
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        let start = result.count
        if !encode(UnsafeBufferPointer(rebasing: bytes[piece]), into: &result) {
          result.removeSubrange(start...)
          result.append(unknownID)
        }
      }
    }
  }

  private func encode(_ word: UnsafeBufferPointer<UInt8>, into result: inout [Int]) -> Bool {
    guard word.count(where: { $0 & 0xC0 != 0x80 }) <= maximumCharacters else { return false }
    var start = 0
    while start < word.count {
      var (end, id) = (start, -1)
      (start == 0 ? beginnings : continuations).forEachPrefix(of: word, from: start) { (end, id) = ($0, $1) }
      if id < 0 { return false }
      result.append(id)
      start = end
    }
    return true
  }
}
