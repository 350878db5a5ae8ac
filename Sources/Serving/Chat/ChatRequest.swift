import Files
import Tensors

/// The body of `POST /v1/chat/completions`.
package struct ChatRequest: Sendable, Equatable {
  package let turns: [ChatTurn]
  package let settings: ChatSettings
  /// Pictures in `turns`.
  package let pictures: Int

  /// - Throws: `serving.request.content` and what JSON and pictures have of their own; `tensor` of each names the field.
  init(_ body: [UInt8]) throws(VLMError) {
    var (reader, turns, fields) = (ChatReader(), [ChatTurn]?.none, [String: JSONValue?]())
    let result = body.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var scanner = JSONScanner(bytes, file: ChatReader.source)
        try ChatReader.members(&scanner, nil) { (scanner, key) throws(VLMError) in
          switch key {
          case "messages": turns = try reader.turns(&scanner)
          case _ where ChatSettings.idle.contains(key): try scanner.skipValue()
          default: fields.updateValue(try ChatReader.small(&scanner), forKey: key)
          }
        }
        try scanner.end()
      }
    }
    try result.get()
    settings = try ChatSettings(fields)
    guard let turns else { throw ChatReader.failure("is missing", "messages") }
    self.turns = turns
    pictures = reader.pictures
  }
}
