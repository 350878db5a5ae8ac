internal import Tensors

/// Turns words into ids.
enum TokenModel: Sendable {
  case bpe(BPE)
  case unigram(Unigram)
  case wordPiece(WordPiece)
  case wordLevel(WordLevel)

  /// - Throws: `file.kind` for a model that is not known, and what the models throw.
  init(_ file: ModelFile) throws(VLMError) {
    // Files of before 2020 name no type; they hold BPE.
    let kind = try file.settings["type"]?.string() ?? "BPE"
    switch kind {
    case "BPE": self = .bpe(try BPE(file))
    case "Unigram": self = .unigram(try Unigram(file))
    case "WordPiece": self = .wordPiece(try WordPiece(file))
    case "WordLevel": self = .wordLevel(try WordLevel(file))
    default:
      throw file.settings.failure(
        "the model '\(kind)' is not known", code: .tokenizerKind,
        remedy: "BPE, Unigram, WordPiece and WordLevel are read")
    }
  }

  var table: TokenTable {
    switch self {
    case .bpe(let model): model.table
    case .unigram(let model): model.table
    case .wordPiece(let model): model.table
    case .wordLevel(let model): model.table
    }
  }

  func encode(_ text: PieceText, into result: inout [Int]) throws(VLMError) {
    switch self {
    case .bpe(let model): model.encode(text, into: &result)
    case .unigram(let model): try model.encode(text, into: &result)
    case .wordPiece(let model): model.encode(text, into: &result)
    case .wordLevel(let model): model.encode(text, into: &result)
    }
  }
}
