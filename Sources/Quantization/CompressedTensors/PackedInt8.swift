/// compressed-tensors' `weight_packed`: four codes to a 32-bit word.
package enum PackedInt8 {
  /// Bytes of one packed row, a whole number of words.
  package static func bytesPerRow(columns: Int) -> Int { (columns + 3) / 4 * 4 }

  /// Writes code + 128 of every code, low byte first; the bytes that fill up the last word of a row are 0.
  ///
  /// - `codes`: `[rows, columns]`; `packed`: `[rows, bytesPerRow]`.
  package static func pack(
    _ codes: UnsafePointer<Int8>, rows: Int, columns: Int, into packed: UnsafeMutablePointer<UInt8>
  ) {
    let stride = bytesPerRow(columns: columns)
    for row in 0..<rows {
      let source = codes + row * columns
      let target = packed + row * stride
      for column in 0..<columns { target[column] = UInt8(bitPattern: source[column]) ^ 0x80 }
      for column in columns..<stride { target[column] = 0 }
    }
  }
}
