extension MessagePack {
  /// The value as it is sent: each number, text and length in the fewest bytes that hold it; members of a map by key.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(0xC0)
    case .bool(let value): bytes.append(value ? 0xC3 : 0xC2)
    case .int(let value): Self.write(value, to: &bytes)
    case .unsigned(let value): Self.append(0xCF, value, to: &bytes)
    case .float(let value): Self.append(0xCA, value.bitPattern, to: &bytes)
    case .double(let value): Self.append(0xCB, value.bitPattern, to: &bytes)
    case .string(let text): Self.write(text, to: &bytes)
    case .bytes(let content): Self.write(content, to: &bytes)
    case .array(let values):
      Self.writeCount(values.count, small: 0x90, [0xDC, 0xDD], to: &bytes)
      for value in values { value.write(to: &bytes) }
    case .map(let members):
      Self.writeCount(members.count, small: 0x80, [0xDE, 0xDF], to: &bytes)
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        switch key {
        case .string(let text): Self.write(text, to: &bytes)
        case .bytes(let content): Self.write(content, to: &bytes)
        }
        value.write(to: &bytes)
      }
    case .extended(let type, let content):
      if let power = [1, 2, 4, 8, 16].firstIndex(of: content.count) {
        bytes.append(0xD4 + UInt8(power))
      } else {
        Self.writeLength(content.count, [0xC7, 0xC8, 0xC9], to: &bytes)
      }
      bytes.append(UInt8(bitPattern: type))
      bytes += content
    }
  }

  private static func write(_ value: Int64, to bytes: inout [UInt8]) {
    switch value {
    case -32...127: bytes.append(UInt8(truncatingIfNeeded: value))
    case 0...0xFF: append(0xCC, UInt8(value), to: &bytes)
    case 0...0xFFFF: append(0xCD, UInt16(value), to: &bytes)
    case 0...0xFFFF_FFFF: append(0xCE, UInt32(value), to: &bytes)
    case 0...: append(0xCF, UInt64(value), to: &bytes)
    case Int64(Int8.min)...: append(0xD0, Int8(value), to: &bytes)
    case Int64(Int16.min)...: append(0xD1, Int16(value), to: &bytes)
    case Int64(Int32.min)...: append(0xD2, Int32(value), to: &bytes)
    default: append(0xD3, value, to: &bytes)
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    let count = text.utf8.count
    if count < 32 {
      bytes.append(0xA0 | UInt8(count))
    } else {
      writeLength(count, [0xD9, 0xDA, 0xDB], to: &bytes)
    }
    bytes += text.utf8
  }

  private static func write(_ content: [UInt8], to bytes: inout [UInt8]) {
    writeLength(content.count, [0xC4, 0xC5, 0xC6], to: &bytes)
    bytes += content
  }

  /// A length in one, two or four bytes behind the byte that says which.
  private static func writeLength(_ count: Int, _ heads: [UInt8], to bytes: inout [UInt8]) {
    switch count {
    case 0...0xFF: append(heads[0], UInt8(count), to: &bytes)
    case 0...0xFFFF: append(heads[1], UInt16(count), to: &bytes)
    default: append(heads[2], UInt32(count), to: &bytes)
    }
  }

  private static func writeCount(_ count: Int, small: UInt8, _ heads: [UInt8], to bytes: inout [UInt8]) {
    switch count {
    case 0...15: bytes.append(small | UInt8(count))
    case 0...0xFFFF: append(heads[0], UInt16(count), to: &bytes)
    default: append(heads[1], UInt32(count), to: &bytes)
    }
  }

  private static func append(_ head: UInt8, _ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    bytes.append(head)
    withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
  }
}
