package import Foundation
package import Tensors

/// The one way in which `--json` is written.
///
/// Keys sorted, two spaces of indentation, slashes as they are, numbers at full precision, NaN and infinities as
/// `null`, a first-level `schema` field that names the command and the version of its fields, and `notices`, what was said on
/// standard error.
package enum JSONOutput {
  /// `value` must encode as an object. The result ends with a newline.
  package static func data(
    _ value: some Encodable, schema: JSONSchema, notices: [Notice] = []
  ) throws -> Data {
    try data(Stamped(schema: schema.rawValue, notices: notices, value: value))
  }

  /// The same without the `schema` field, for data that goes into a page.
  package static func data(_ value: some Encodable) throws -> Data {
    // JSONEncoder can write non-finite numbers only as strings: one that no data can contain becomes null afterwards.
    let marker = "not-a-number-\(UUID().uuidString)"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.dataEncodingStrategy = .base64
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: marker, negativeInfinity: marker, nan: marker)
    var text = String(decoding: try encoder.encode(value), as: UTF8.self)
    text.replace("\"\(marker)\"", with: "null")
    return Data((text + "\n").utf8)
  }

  private struct Stamped<Value: Encodable>: Encodable {
    let schema: String
    let notices: [Notice]
    let value: Value

    enum Key: String, CodingKey { case schema, notices }

    func encode(to encoder: any Encoder) throws {
      try value.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(schema, forKey: .schema)
      try container.encode(notices, forKey: .notices)
    }
  }
}
