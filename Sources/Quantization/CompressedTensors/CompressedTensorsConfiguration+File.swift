internal import Files
package import Foundation
internal import Mapping
package import Tensors

extension CompressedTensorsConfiguration {
  /// A source's `config.json` with this as `quantization_config`, its last member, and every other byte as it was.
  ///
  /// - Throws: `alreadyQuantized` when there is one, `VLMError` when `source` is no JSON object.
  package func added(to source: Data, file: String) throws(VLMError) -> Data {
    guard let object = try JSONValue(parsing: source, file: file, code: .configurationMalformed).objectValue else {
      throw VLMError(
        .configurationMalformed, "this is no JSON object", file: file, remedy: "download config.json again")
    }
    guard object["quantization_config"] == nil else {
      throw VLMError(
        .alreadyQuantized, "has a quantization_config already", file: file,
        remedy: "start from the unquantized checkpoint")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let encoded = try? encoder.encode(self), let end = source.lastIndex(of: UInt8(ascii: "}"))
    else {
      preconditionFailure("a plain object does not encode")
    }
    let indented = String(decoding: encoded, as: UTF8.self).replacing("\n", with: "\n  ")
    var head = source[..<end]
    while let last = head.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) { head.removeLast() }
    let comma = object.isEmpty ? "" : ","
    return head + Data("\(comma)\n  \"quantization_config\": \(indented)\n}\n".utf8)
  }
}
