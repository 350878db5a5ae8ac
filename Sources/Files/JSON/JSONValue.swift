package import Foundation
package import Tensors

/// A JSON value as it stands in a file, for walking `config.json` and family files by key.
package enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Parses JSON5 of at most one member of each name in an object; what Python writes (NaN, infinities) is part of it.
  ///
  /// - Throws: `code` with line, column and byte.
  package init(parsing data: Data, file: String, code: VLMError.Code) throws(VLMError) {
    let result: Result<JSONValue, VLMError> = data.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var scanner = JSONScanner(json5: bytes, file: file, code: code)
        let value = try JSONValue(&scanner)
        try scanner.end()
        return value
      }
    }
    self = try result.get()
  }

  /// Reads one value at the scanner's position; in strict JSON the last of two members with one name counts, as in Python.
  package init(_ scanner: inout JSONScanner) throws(VLMError) {
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      try scanner.object { (scanner, key, offset) throws(VLMError) in
        let isNew = members.updateValue(try JSONValue(&scanner), forKey: key) == nil
        guard isNew || !scanner.isJSON5 else { throw scanner.duplicate(key, at: offset) }
      }
      self = .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try scanner.array { (scanner) throws(VLMError) in elements.append(try JSONValue(&scanner)) }
      self = .array(elements)
    case let next where scanner.isQuote(next): self = .string(try scanner.string())
    default: self = try scanner.scalar()
    }
  }

  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[key], value != .null else { return nil }
    return value
  }

  /// The value at a dotted path, in which `0`, `1`, … are places in an array; `nil` when any part is missing or null.
  package func at(_ path: some StringProtocol) -> JSONValue? {
    var value: JSONValue? = self
    for key in path.split(separator: ".") {
      if let values = value?.arrayValue {
        value = Int(key).flatMap { values.indices.contains($0) ? values[$0] : nil }
      } else {
        value = value?[String(key)]
      }
    }
    return value == .null ? nil : value
  }

  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var objectValue: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  package var intValue: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  package var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// A short spelling for messages.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value.prefix(60))\""
    case .array(let values): "an array of \(values.count)"
    case .object(let members): "an object with \(members.keys.sorted().prefix(4).joined(separator: ", "))"
    }
  }
}

extension JSONValue {
  /// The value as a type of its own; NaN and infinities stay what they are.
  package func decoded<T: Decodable>(as type: T.Type) throws -> T {
    let (infinity, nan) = ("Infinity", "NaN")
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: "-" + infinity, nan: nan)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: "-" + infinity, nan: nan)
    return try decoder.decode(type, from: encoder.encode(self))
  }
}

extension JSONValue: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
