package import Files
internal import Foundation
package import Tensors

/// A JSON value that knows its file and where in it it stands (`pre_tokenizer.pretokenizers[0].pattern`).
///
/// What errors of the settings name. Vocabularies and merges do not go through here: they are read in one pass.
package struct JSONNode: Sendable {
  package enum Value: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    /// In the file's order.
    case object([(key: String, value: Value)])
  }

  package let value: Value
  package let file: String
  package let path: String

  package init(_ value: Value, file: String, path: String = "") {
    self.value = value
    self.file = file
    self.path = path
  }

  /// Reads a whole file of at most `byteLimit` bytes.
  ///
  /// - Throws: `file.*` and `json.*` of Checkpoints.
  package init(reading path: String, byteLimit: Int = 64 << 20) throws(VLMError) {
    let file = try MappedFile(path)
    guard file.byteCount <= byteLimit else {
      throw VLMError(.fileTooLarge, "\(file.byteCount) bytes are too many for this file", file: path)
    }
    do {
      let value = try file.withBytes(0..<file.byteCount) { bytes in
        var scanner = JSONScanner(bytes, file: path)
        let value = try Self.value(&scanner)
        try scanner.end()
        return value
      }
      self.init(value, file: path)
    } catch let error as VLMError {
      throw error
    } catch {
      throw VLMError(.fileReadFailed, "cannot be read", file: path, cause: error)
    }
  }

  /// Reads one value at the scanner's position.
  static func value(_ scanner: inout JSONScanner) throws(VLMError) -> Value {
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      var members: [(key: String, value: Value)] = []
      try scanner.object { (scanner, key, _) throws(VLMError) in members.append((key, try value(&scanner))) }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [Value] = []
      try scanner.array { (scanner) throws(VLMError) in elements.append(try value(&scanner)) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try scanner.string())
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try scanner.boolean())
    case UInt8(ascii: "n"):
      try scanner.null()
      return .null
    default: return .number(try scanner.number())
    }
  }

  /// What is wrong here, named with file and path.
  package func failure(_ message: String, code: VLMError.Code = .tokenizerField, remedy: String? = nil)
    -> VLMError
  {
    VLMError(code, path.isEmpty ? message : "\(path): \(message)", file: file, remedy: remedy)
  }

  package var isNull: Bool { if case .null = value { true } else { false } }

  /// The member, `nil` where it is missing or null. Of two with one name the last counts, as in Python.
  package subscript(key: String) -> JSONNode? {
    guard case .object(let members) = value, let found = members.last(where: { $0.key == key }) else {
      return nil
    }
    let node = JSONNode(found.value, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    return node.isNull ? nil : node
  }

  /// The member, which must be there.
  package func required(_ key: String) throws(VLMError) -> JSONNode {
    guard let node = self[key] else { throw failure("'\(key)' is missing") }
    return node
  }

  package var elements: [JSONNode]? {
    guard case .array(let values) = value else { return nil }
    return values.enumerated().map { JSONNode($1, file: file, path: "\(path)[\($0)]") }
  }

  package func array() throws(VLMError) -> [JSONNode] {
    guard let elements else { throw failure("should be an array") }
    return elements
  }

  package var stringValue: String? { if case .string(let text) = value { text } else { nil } }
  package var boolValue: Bool? { if case .bool(let flag) = value { flag } else { nil } }
  package var intValue: Int? { if case .number(let number) = value { Int(exactly: number) } else { nil } }

  package func string() throws(VLMError) -> String {
    guard let text = stringValue else { throw failure("should be a string") }
    return text
  }

  package func integer() throws(VLMError) -> Int {
    guard let number = intValue else { throw failure("should be a whole number") }
    return number
  }

  /// The single character that the text should be.
  package func scalar() throws(VLMError) -> UnicodeScalar {
    let text = try string()
    guard let first = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw failure("should be a single character")
    }
    return first
  }

  package func string(_ key: String, default fallback: String) throws(VLMError) -> String {
    try self[key]?.string() ?? fallback
  }

  package func bool(_ key: String, default fallback: Bool) throws(VLMError) -> Bool {
    guard let node = self[key] else { return fallback }
    guard let flag = node.boolValue else { throw node.failure("should be true or false") }
    return flag
  }
}
