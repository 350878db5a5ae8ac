/// Unsigned integers of a few bits in 32-bit words, the first in the lowest bits; one axis of a matrix is packed.
///
///     along the packed axis   bit = place bits,  word = bit / 32
///     in the file             words[word wordStride + other otherStride]
struct PackedIntegers: Sendable, Equatable {
  /// 1 to 8
  let bits: Int
  /// From one word to the next along the packed axis.
  let wordStride: Int
  /// Along the axis that is not packed.
  let otherStride: Int
  /// Whether the eight of a word stand in AWQ's order.
  var isInterleaved = false

  /// AWQ packs eight as 0, 2, 4, 6, 1, 3, 5, 7: where one of them stands.
  @inline(__always) private static func interleaved(_ place: Int) -> Int {
    place & ~7 | (place & 1) << 2 | (place & 7) >> 1
  }

  /// Words that hold `count` integers.
  static func words(_ count: Int, bits: Int) -> Int { (count * bits + 31) / 32 }

  /// - Parameter increment: added to every word first, as to a 32-bit number.
  @inline(__always) func value(
    _ place: Int, _ other: Int, in bytes: UnsafeRawBufferPointer, increment: UInt32 = 0
  ) -> Int {
    let bit = (isInterleaved ? Self.interleaved(place) : place) * bits
    let word = bit >> 5 * wordStride + other * otherStride
    func load(_ word: Int) -> UInt32 {
      bytes.loadUnaligned(fromByteOffset: word * 4, as: UInt32.self) &+ increment
    }
    var value = UInt64(load(word))
    // Three, five, six and seven bits go over the end of a word.
    if bit & 31 + bits > 32 { value |= UInt64(load(word + wordStride)) << 32 }
    return Int(truncatingIfNeeded: value >> UInt64(bit & 31)) & (1 << bits - 1)
  }
}
