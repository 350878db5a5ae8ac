/// GPT-2's alphabet: every byte as one printable character, so that a vocabulary of bytes is readable text.
///
/// Printable Latin-1 stands for itself, the 68 others for U+0100 and up in order (a space is `Ġ`).
enum ByteLevelAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var result = [UInt32](repeating: 0, count: 256)
    var next: UInt32 = 256
    for byte in 0..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result[byte] = UInt32(byte)
      default:
        result[byte] = next
        next += 1
      }
    }
    return result
  }()

  /// The UTF-8 of each byte's scalar, one or two bytes: first | second << 8, second 0 when there is none.
  static let encoded: [UInt16] = scalars.map { value in
    value < 0x80 ? UInt16(value) : UInt16(0xC0 | value >> 6) | UInt16(0x80 | value & 0x3F) << 8
  }

  /// The byte of each scalar below U+0144, -1 for those that stand for none.
  static let bytes: [Int16] = {
    var result = [Int16](repeating: -1, count: 256 + 68)
    for (byte, scalar) in scalars.enumerated() { result[Int(scalar)] = Int16(byte) }
    return result
  }()

  @inline(__always) static func append(
    _ source: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to target: inout [UInt8]
  ) {
    for index in range {
      let code = encoded[Int(source[index])]
      target.append(UInt8(truncatingIfNeeded: code))
      if code > 0xFF { target.append(UInt8(code >> 8)) }
    }
  }

  /// The bytes that `token` stands for; a token with a character outside the alphabet stands for its own UTF-8.
  static func decode(_ token: String, into target: inout [UInt8]) {
    let start = target.count
    for scalar in token.unicodeScalars {
      guard scalar.value < UInt32(bytes.count), bytes[Int(scalar.value)] >= 0 else {
        target.removeSubrange(start...)
        target.append(contentsOf: token.utf8)
        return
      }
      target.append(UInt8(bytes[Int(scalar.value)]))
    }
  }
}
