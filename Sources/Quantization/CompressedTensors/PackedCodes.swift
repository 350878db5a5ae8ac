/// compressed-tensors' `weight_packed`: codes in words of 32 bits, the first in the lowest ones.
package struct PackedCodes: Sendable {
  /// Of a code: 4 or 8.
  private let bits: Int

  package init(bits: Int) {
    precondition([4, 8].contains(bits), "codes of \(bits) bits in words")
    self.bits = bits
  }

  /// Bytes of one packed row, a whole number of words.
  package func bytesPerRow(columns: Int) -> Int { (columns * bits + 31) / 32 * 4 }

  /// Writes every code plus half of their number; the bits that fill up the last word of a row are 0.
  ///
  /// - `codes`: `[rows, columns]`; `packed`: `[rows, bytesPerRow]`.
  package func pack(
    _ codes: UnsafePointer<Int8>, rows: Int, columns: Int, into packed: UnsafeMutablePointer<UInt8>
  ) {
    let (stride, half) = (bytesPerRow(columns: columns), Int8(truncatingIfNeeded: 1 << (bits - 1)))
    for row in 0..<rows {
      let (source, target) = (codes + row * columns, packed + row * stride)
      func code(_ column: Int) -> UInt8 { column < columns ? UInt8(bitPattern: source[column] &+ half) : 0 }
      for byte in 0..<stride { target[byte] = bits == 8 ? code(byte) : code(2 * byte) | code(2 * byte + 1) << 4 }
    }
  }
}
