internal import Files
internal import Tensors

/// `model` of a `tokenizer.json`, read in one pass: vocabulary and merges into arenas, all else as settings.
struct ModelFile {
  struct Merge {
    /// Offsets in the arena: left token from `start`, right from `middle` to `end`.
    let start: Int
    let middle: Int
    let end: Int
  }

  /// Tokens of more bytes are refused: what looks for a token that a text begins with takes this long at every place.
  static let longestToken = 4096
  /// Affixes of more bytes are refused: they are put beside every character.
  private static let longestAffix = 64
  /// Ids above this are refused: no model has so many rows.
  private static let maximumID = 1 << 24

  private(set) var vocabulary = TokenTable(capacity: 1 << 10)
  /// Of a Unigram vocabulary, by id.
  private(set) var scores: [Double] = []
  private(set) var mergeArena: [UInt8] = []
  private(set) var merges: [Merge] = []
  private(set) var settings: JSONNode

  init(_ scanner: inout JSONScanner, file: String) throws(VLMError) {
    settings = JSONNode(.null, file: file, path: "model")
    var members: [String: JSONValue] = [:]
    var reader = self
    try scanner.object { (scanner, key, _) throws(VLMError) in
      switch (key, scanner.peek()) {
      case ("vocab", UInt8(ascii: "{")): try reader.readVocabulary(&scanner)
      case ("vocab", UInt8(ascii: "[")): try reader.readScoredVocabulary(&scanner)
      case ("merges", UInt8(ascii: "[")): try reader.readMerges(&scanner)
      default: members[key] = try JSONValue(&scanner)
      }
    }
    reader.settings = JSONNode(.object(members), file: file, path: "model")
    self = reader
  }

  /// `{"token": id, …}`
  private mutating func readVocabulary(_ scanner: inout JSONScanner) throws(VLMError) {
    vocabulary = TokenTable(capacity: 1 << 16)
    var table = vocabulary
    try scanner.object { (scanner, token, offset) throws(VLMError) in
      let id = try scanner.wholeNumber()
      guard id <= Self.maximumID else {
        throw VLMError(
          .tokenizerVocabulary, "model.vocab gives \"\(token)\" the id \(id), above \(Self.maximumID)",
          file: settings.file, offset: offset)
      }
      var token = token
      try checkLength(token.utf8.count, offset)
      token.withUTF8 { table.insert($0, id: id) }
    }
    // Holes are allowed, but a few tokens must not ask for a table of millions.
    guard table.idLimit <= 4 * table.count + (1 << 16) else {
      throw VLMError(
        .tokenizerVocabulary, "model.vocab has \(table.count) tokens but ids up to \(table.idLimit - 1)",
        file: settings.file)
    }
    vocabulary = table
  }

  /// `[["token", score], …]`
  private mutating func readScoredVocabulary(_ scanner: inout JSONScanner) throws(VLMError) {
    var table = TokenTable(capacity: 1 << 16)
    var scores: [Double] = []
    var token: [UInt8] = []
    try scanner.array { (scanner) throws(VLMError) in
      token.removeAll(keepingCapacity: true)
      var part = 0
      try scanner.array { (scanner) throws(VLMError) in
        switch part {
        case 0: try scanner.string(into: &token)
        case 1: scores.append(try scanner.number())
        default: try scanner.skipValue()
        }
        part += 1
      }
      guard part == 2 else {
        throw VLMError(
          .tokenizerVocabulary, "model.vocab[\(table.count)] should be [token, score]", file: settings.file,
          offset: scanner.offset)
      }
      try checkLength(token.count, scanner.offset)
      token.withUnsafeBufferPointer { table.insert($0, id: scores.count - 1) }
    }
    vocabulary = table
    self.scores = scores
  }

  private func checkLength(_ byteCount: Int, _ offset: Int) throws(VLMError) {
    guard byteCount <= Self.longestToken else {
      throw VLMError(
        .tokenizerVocabulary, "model.vocab has a token of \(byteCount) bytes, above \(Self.longestToken)",
        file: settings.file, offset: offset)
    }
  }

  /// The text that is put before or after the characters of a word.
  func affix(_ key: String, default fallback: String = "") throws(VLMError) -> [UInt8] {
    let bytes = Array(try settings.string(key, default: fallback).utf8)
    guard bytes.count <= Self.longestAffix else {
      throw settings.failure("\(key) has \(bytes.count) bytes, above \(Self.longestAffix)")
    }
    return bytes
  }

  /// `["left right", …]` or `[["left", "right"], …]`
  private mutating func readMerges(_ scanner: inout JSONScanner) throws(VLMError) {
    var arena: [UInt8] = []
    var merges: [Merge] = []
    func failure(_ scanner: JSONScanner) -> VLMError {
      VLMError(
        .tokenizerMerge, "model.merges[\(merges.count)] should be two tokens", file: settings.file,
        offset: scanner.offset)
    }
    try scanner.array { (scanner) throws(VLMError) in
      let start = arena.count
      if scanner.peek() == UInt8(ascii: "[") {
        var middle = start
        var parts = 0
        try scanner.array { (scanner) throws(VLMError) in
          if parts == 1 { middle = arena.count }
          try scanner.string(into: &arena)
          parts += 1
        }
        guard parts == 2 else { throw failure(scanner) }
        merges.append(Merge(start: start, middle: middle, end: arena.count))
      } else {
        try scanner.string(into: &arena)
        guard let space = arena[start...].firstIndex(of: 0x20),
          !arena[(space + 1)...].contains(0x20)
        else { throw failure(scanner) }
        arena.remove(at: space)
        merges.append(Merge(start: start, middle: space, end: arena.count))
      }
    }
    mergeArena = arena
    self.merges = merges
  }

  /// The id of `unk_token`.
  ///
  /// - Throws: `model.unknown` when it is not in the vocabulary.
  func unknownToken(default fallback: String, in table: TokenTable) throws(VLMError) -> Int {
    let name = try settings.string("unk_token", default: fallback)
    guard let id = table.id(of: name) else {
      throw settings.failure("unk_token \"\(name)\" is not in the vocabulary", code: .tokenizerUnknown)
    }
    return id
  }
}
