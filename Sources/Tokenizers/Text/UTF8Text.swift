/// Reading and writing scalars in valid UTF-8 bytes; no checks beyond bounds, the bytes come from a `String`.
enum UTF8Text {
  /// The length of the scalar that `lead` begins.
  @inline(__always) static func length(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }

  /// The scalar at `position` and its length.
  @inline(__always) static func scalar(
    _ bytes: UnsafeBufferPointer<UInt8>, at position: Int
  ) -> (value: UInt32, length: Int) {
    let lead = bytes[position]
    if lead < 0x80 { return (UInt32(lead), 1) }
    let second = UInt32(bytes[position + 1] & 0x3F)
    if lead < 0xE0 { return (UInt32(lead & 0x1F) << 6 | second, 2) }
    let third = UInt32(bytes[position + 2] & 0x3F)
    if lead < 0xF0 { return (UInt32(lead & 0x0F) << 12 | second << 6 | third, 3) }
    return (UInt32(lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(bytes[position + 3] & 0x3F), 4)
  }

  /// Where the scalar before `position` begins.
  @inline(__always) static func before(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    var start = position - 1
    while bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  @inline(__always) static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    if value < 0x80 {
      bytes.append(UInt8(value))
    } else if value < 0x800 {
      bytes.append(UInt8(0xC0 | value >> 6))
      bytes.append(UInt8(0x80 | value & 0x3F))
    } else if value < 0x10000 {
      bytes.append(UInt8(0xE0 | value >> 12))
      bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | value & 0x3F))
    } else {
      bytes.append(UInt8(0xF0 | value >> 18))
      bytes.append(UInt8(0x80 | value >> 12 & 0x3F))
      bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | value & 0x3F))
    }
  }

  /// Calls `body` with every scalar and the range of its bytes.
  @inline(__always) static func forEach(
    _ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>, _ body: (UInt32, Range<Int>) -> Void
  ) {
    var position = range.lowerBound
    while position < range.upperBound {
      let (value, length) = scalar(bytes, at: position)
      body(value, position..<position + length)
      position += length
    }
  }
}
