internal import Files
internal import Foundation
internal import Tensors

/// A `tokenizer.json`, read in one pass: the model apart, for its size, and all else as settings.
struct TokenizerFile {
  /// Far above any published file (Gemma's has 34 MB).
  private static let byteLimit = 512 << 20

  let settings: JSONNode
  let model: ModelFile

  init(_ path: String) throws(VLMError) {
    let file = try MappedFile(path)
    guard file.byteCount <= Self.byteLimit else {
      throw VLMError(.fileTooLarge, "\(file.byteCount) bytes are too many for a tokenizer.json", file: path)
    }
    do {
      self = try file.withBytes(0..<file.byteCount) { bytes in
        var scanner = JSONScanner(bytes, file: path)
        return try Self(&scanner, path)
      }
    } catch let error as VLMError {
      throw error
    } catch {
      throw VLMError(.fileReadFailed, "cannot be read", file: path, cause: error)
    }
  }

  private init(_ scanner: inout JSONScanner, _ path: String) throws(VLMError) {
    var members: [(key: String, value: JSONNode.Value)] = []
    var model: ModelFile?
    try scanner.object { (scanner, key, _) throws(VLMError) in
      if key == "model", scanner.peek() == UInt8(ascii: "{") {
        model = try ModelFile(&scanner, file: path)
      } else {
        members.append((key, try JSONNode.value(&scanner)))
      }
    }
    try scanner.end()
    guard let model else {
      throw VLMError(
        .tokenizerField, "'model' is missing", file: path, remedy: "is this a tokenizer.json of Hugging Face?"
      )
    }
    self.model = model
    settings = JSONNode(.object(members), file: path)
  }
}
