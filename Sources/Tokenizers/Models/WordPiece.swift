internal import Tensors

/// BERT's model: the longest token that a word begins with, then the longest of the rest with `##` before it.
struct WordPiece: Sendable {
  let table: TokenTable
  private let prefix: [UInt8]
  private let unknownID: Int
  private let maximumCharacters: Int

  /// - Throws: `model.unknown` when the unknown token is not in the vocabulary, `file.field`.
  init(_ file: ModelFile) throws(VLMError) {
    var table = file.vocabulary
    table.indexIDs()
    self.table = table
    prefix = Array(try file.settings.string("continuing_subword_prefix", default: "##").utf8)
    maximumCharacters = try file.settings["max_input_chars_per_word"]?.integer() ?? 100
    unknownID = try file.unknownToken(default: "[UNK]", in: table)
  }

  func encode(_ text: PieceText, into result: inout [Int]) {
    var candidate: [UInt8] = []
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        let start = result.count
        if !encode(UnsafeBufferPointer(rebasing: bytes[piece]), &candidate, into: &result) {
          result.removeSubrange(start...)
          result.append(unknownID)
        }
      }
    }
  }

  private func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ candidate: inout [UInt8], into result: inout [Int]
  ) -> Bool {
    guard word.count(where: { $0 & 0xC0 != 0x80 }) <= maximumCharacters else { return false }
    var start = 0
    while start < word.count {
      var end = word.count
      var id = -1
      while start < end {
        candidate.removeAll(keepingCapacity: true)
        if start > 0 { candidate += prefix }
        candidate += word[start..<end]
        id = candidate.withUnsafeBufferPointer { table.id($0) }
        if id >= 0 { break }
        end = UTF8Text.before(word, end)
      }
      if id < 0 { return false }
      result.append(id)
      start = end
    }
    return true
  }
}
