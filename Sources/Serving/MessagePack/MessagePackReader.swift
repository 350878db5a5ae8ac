package import Tensors

/// Reads one value of MessagePack that a stranger sent.
///
/// What the bytes promise is compared with what is left of them before anything is set aside for it, so memory is bounded by their number
/// and by `maximumValues`, and the stack by `maximumDepth`.
package struct MessagePackReader {
  /// Deeper nesting than this is refused; observations nest three levels.
  package static let maximumDepth = 32
  /// More values than this in one message are refused; arrays of numbers are one value each, as bytes.
  package static let maximumValues = 1 << 16

  private let bytes: UnsafeRawBufferPointer
  private let source: String
  private var position = 0
  private var depth = 0
  private var values = 0

  private init(_ bytes: UnsafeRawBufferPointer, source: String) {
    (self.bytes, self.source) = (bytes, source)
  }

  /// The one value that `bytes` are.
  ///
  /// - Parameter source: what they are, for messages.
  /// - Throws: `serving.messagePack.malformed` with its offset when they are cut short, go on behind the value, have a byte that begins
  ///   no value, text that is no UTF-8, a key twice or a key that is neither text nor bytes; `serving.messagePack.tooLarge` past the limits.
  package static func read(_ bytes: [UInt8], source: String) throws(VLMError) -> MessagePack {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var reader = MessagePackReader(bytes, source: source)
        let value = try reader.value()
        guard reader.position == bytes.count else {
          throw reader.malformed(
            "\(bytes.count - reader.position) bytes follow the value", at: reader.position)
        }
        return value
      }
    }
    return try result.get()
  }

  private func malformed(_ message: String, at offset: Int) -> VLMError {
    VLMError(.messagePackMalformed, message, file: source, offset: offset)
  }

  private mutating func value() throws(VLMError) -> MessagePack {
    values += 1
    guard values <= Self.maximumValues else {
      throw VLMError(
        .messagePackTooLarge, "holds more than \(Self.maximumValues) values", file: source, offset: position,
        remedy: "send arrays as NumPy's bytes")
    }
    let start = position
    let first = try number(UInt8.self)
    switch first {
    case 0x00...0x7F: return .int(Int64(first))
    case 0x80...0x8F: return try map(Int(first & 0x0F), at: start)
    case 0x90...0x9F: return try array(Int(first & 0x0F), at: start)
    case 0xA0...0xBF: return .string(try text(Int(first & 0x1F), at: start))
    case 0xC0: return .null
    case 0xC2, 0xC3: return .bool(first == 0xC3)
    case 0xC4: return .bytes(Array(try take(Int(number(UInt8.self)), at: start)))
    case 0xC5: return .bytes(Array(try take(Int(number(UInt16.self)), at: start)))
    case 0xC6: return .bytes(Array(try take(Int(number(UInt32.self)), at: start)))
    case 0xC7: return try extended(Int(number(UInt8.self)), at: start)
    case 0xC8: return try extended(Int(number(UInt16.self)), at: start)
    case 0xC9: return try extended(Int(number(UInt32.self)), at: start)
    case 0xCA: return .float(Float(bitPattern: try number(UInt32.self)))
    case 0xCB: return .double(Double(bitPattern: try number(UInt64.self)))
    case 0xCC: return .int(Int64(try number(UInt8.self)))
    case 0xCD: return .int(Int64(try number(UInt16.self)))
    case 0xCE: return .int(Int64(try number(UInt32.self)))
    case 0xCF:
      let value = try number(UInt64.self)
      return Int64(exactly: value).map { .int($0) } ?? .unsigned(value)
    case 0xD0: return .int(Int64(Int8(bitPattern: try number(UInt8.self))))
    case 0xD1: return .int(Int64(Int16(bitPattern: try number(UInt16.self))))
    case 0xD2: return .int(Int64(Int32(bitPattern: try number(UInt32.self))))
    case 0xD3: return .int(Int64(bitPattern: try number(UInt64.self)))
    case 0xD4...0xD8: return try extended(1 << Int(first - 0xD4), at: start)
    case 0xD9: return .string(try text(Int(number(UInt8.self)), at: start))
    case 0xDA: return .string(try text(Int(number(UInt16.self)), at: start))
    case 0xDB: return .string(try text(Int(number(UInt32.self)), at: start))
    case 0xDC: return try array(Int(number(UInt16.self)), at: start)
    case 0xDD: return try array(Int(number(UInt32.self)), at: start)
    case 0xDE: return try map(Int(number(UInt16.self)), at: start)
    case 0xDF: return try map(Int(number(UInt32.self)), at: start)
    case 0xE0...0xFF: return .int(Int64(Int8(bitPattern: first)))
    default: throw malformed("byte \(first) begins no value", at: start)
    }
  }

  /// The next bytes, big-endian.
  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(VLMError) -> Number {
    let size = MemoryLayout<Number>.size
    guard bytes.count - position >= size else {
      throw malformed("the message ends within a value", at: position)
    }
    defer { position += size }
    return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  private mutating func take(_ count: Int, at start: Int) throws(VLMError) -> Slice<UnsafeRawBufferPointer> {
    guard count <= bytes.count - position else {
      throw malformed("\(count) bytes are told, \(bytes.count - position) are left", at: start)
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func text(_ count: Int, at start: Int) throws(VLMError) -> String {
    guard let text = String(validating: try take(count, at: start), as: UTF8.self) else {
      throw malformed("a text is not UTF-8", at: start)
    }
    return text
  }

  private mutating func extended(_ count: Int, at start: Int) throws(VLMError) -> MessagePack {
    let type = Int8(bitPattern: try number(UInt8.self))
    return .extended(type: type, Array(try take(count, at: start)))
  }

  private mutating func array(_ count: Int, at start: Int) throws(VLMError) -> MessagePack {
    try descend(count, bytesEach: 1, at: start)
    defer { depth -= 1 }
    var values: [MessagePack] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try value()) }
    return .array(values)
  }

  private mutating func map(_ count: Int, at start: Int) throws(VLMError) -> MessagePack {
    try descend(count, bytesEach: 2, at: start)
    defer { depth -= 1 }
    var members: [MessagePack.Key: MessagePack] = [:]
    for _ in 0..<count {
      let keyStart = position
      let key: MessagePack.Key
      switch try value() {
      case .string(let text): key = .string(text)
      case .bytes(let bytes): key = .bytes(bytes)
      case let other: throw malformed("\(other.kind) stands where a key should be", at: keyStart)
      }
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw malformed("the key \"\(key.text.prefix(60))\" is there twice", at: keyStart)
      }
    }
    return .map(members)
  }

  /// Goes into an array or map, of which each element takes at least `bytesEach`.
  private mutating func descend(_ count: Int, bytesEach: Int, at start: Int) throws(VLMError) {
    guard count <= (bytes.count - position) / bytesEach else {
      throw malformed("\(count) elements are told, \(bytes.count - position) bytes are left", at: start)
    }
    guard count <= Self.maximumValues - values else {
      throw VLMError(
        .messagePackTooLarge, "holds more than \(Self.maximumValues) values", file: source, offset: start)
    }
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw VLMError(
        .messagePackTooLarge, "is nested deeper than \(Self.maximumDepth)", file: source, offset: start)
    }
  }
}
