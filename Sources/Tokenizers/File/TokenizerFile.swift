internal import Files
internal import Tensors

/// A `tokenizer.json`, read in one pass: the model apart, for its size, and all else as settings.
struct TokenizerFile {
  /// Far above any published file (Gemma's has 34 MB).
  private static let byteLimit = 512 << 20

  let settings: JSONNode
  let model: ModelFile

  init(_ path: String) throws(VLMError) {
    self = try JSONScanner.scan(fileAt: path, byteLimit: Self.byteLimit) { (scanner) throws(VLMError) in
      try TokenizerFile(&scanner, path)
    }
  }

  /// `nil` where the folder has none.
  init?(in folder: ModelFolder) throws(VLMError) {
    let name = "tokenizer.json"
    let path = folder.source(of: name) ?? ""
    let file = try folder.scan(name, byteLimit: Self.byteLimit) { (scanner) throws(VLMError) in try TokenizerFile(&scanner, path) }
    guard let file else { return nil }
    self = file
  }

  private init(_ scanner: inout JSONScanner, _ path: String) throws(VLMError) {
    var members: [String: JSONValue] = [:]
    var model: ModelFile?
    try scanner.object { (scanner, key, _) throws(VLMError) in
      if key == "model", scanner.peek() == UInt8(ascii: "{") {
        model = try ModelFile(&scanner, file: path)
      } else {
        members[key] = try JSONValue(&scanner)
      }
    }
    guard let model else {
      throw VLMError(
        .tokenizerField, "'model' is missing", file: path, remedy: "is this a tokenizer.json of Hugging Face?"
      )
    }
    self.model = model
    settings = JSONNode(.object(members), file: path)
  }
}
