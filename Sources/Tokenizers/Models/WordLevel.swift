internal import Tensors

/// A word is a token or unknown.
struct WordLevel: Sendable {
  let table: TokenTable
  private let unknownID: Int

  /// - Throws: `model.unknown` when the unknown token is not in the vocabulary, `file.field`.
  init(_ file: ModelFile) throws(VLMError) {
    var table = file.vocabulary
    table.indexIDs()
    self.table = table
    unknownID = try file.unknownToken(default: "<unk>", in: table)
  }

  func encode(_ text: PieceText, into result: inout [Int]) {
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        let id = table.id(UnsafeBufferPointer(rebasing: bytes[piece]))
        result.append(id < 0 ? unknownID : id)
      }
    }
  }
}
