/// A value of MessagePack (msgpack.org, the specification of 2013 with `str`, `bin` and `ext`).
///
/// Numbers keep the width that they came in; maps have each key once, and only texts and bytes as keys, as Python's `msgpack`
/// reads them by default.
package enum MessagePack: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  /// What is past `Int64.max`; smaller numbers are `int`.
  case unsigned(UInt64)
  case float(Float)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case array([MessagePack])
  case map([Key: MessagePack])
  case extended(type: Int8, [UInt8])

  /// What stands before a value in a map; Python's `"a"` and `b"a"` are two keys.
  package enum Key: Hashable, Comparable, Sendable {
    case string(String)
    case bytes([UInt8])

    /// A key of bytes that spell `text`.
    static func bytes(_ text: String) -> Key { .bytes(Array(text.utf8)) }

    /// For messages.
    var text: String {
      switch self {
      case .string(let text): text
      case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
      }
    }

    /// Texts before bytes, each by its bytes.
    package static func < (left: Key, right: Key) -> Bool {
      switch (left, right) {
      case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
      case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
      case (.string, .bytes): true
      case (.bytes, .string): false
      }
    }
  }

  /// The member under a key of text, in a map.
  package subscript(key: String) -> MessagePack? {
    guard case .map(let members) = self else { return nil }
    return members[.string(key)]
  }

  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  package var mapValue: [Key: MessagePack]? { if case .map(let value) = self { value } else { nil } }

  package var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .float(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// What kind of value it is, for messages.
  var kind: String {
    switch self {
    case .null: "nil"
    case .bool: "a bool"
    case .int, .unsigned: "a whole number"
    case .float, .double: "a number"
    case .string: "a text"
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .array(let values): "an array of \(values.count)"
    case .map: "a map"
    case .extended(let type, _): "an extension of type \(type)"
    }
  }
}
