import Tensors


/// A file's bytes, changed by chance: the same seed makes the same change on every machine.
typealias Mutation = @Sendable (inout [UInt8], inout SeededGenerator) -> Void

/// Changes that know nothing of the format.
enum ByteMutation {
  /// Numbers at which arithmetic goes wrong.
  static let limits: [UInt64] = [
    0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 1 << 16, 1 << 20, 0x7FFF_FFFF, 1 << 31, 0xFFFF_FFFF,
    1 << 32, 1 << 40, 1 << 62, .max >> 1, 1 << 63, .max - 1, .max,
  ]

  /// Anywhere in the file.
  @Sendable static func anywhere(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    apply(&bytes, in: 0..<bytes.count, &random)
  }

  /// One to four changes, all of them in `range`.
  static func apply(_ bytes: inout [UInt8], in range: Range<Int>, _ random: inout SeededGenerator) {
    for _ in 0...random.index(below: 4) {
      let range = range.clamped(to: 0..<bytes.count)
      guard !range.isEmpty else { return }
      change(&bytes, at: range.lowerBound + random.index(below: range.count), &random)
    }
  }

  private static func change(_ bytes: inout [UInt8], at place: Int, _ random: inout SeededGenerator) {
    switch random.index(below: 12) {
    case 0...3: bytes[place] ^= 1 << UInt8(random.index(below: 8))
    case 4: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 5...7:
      let width = [1, 2, 4, 8][random.index(below: 4)]
      var value = random.index(below: 4) == 0 ? UInt64(bytes.count) : limits[random.index(below: limits.count)]
      for offset in place..<min(place + width, bytes.count) {
        bytes[offset] = UInt8(truncatingIfNeeded: value)
        value >>= 8
      }
    case 8: bytes.removeSubrange(place..<min(place + 1 + random.index(below: 64), bytes.count))
    case 9:
      let run = Array(bytes[place..<min(place + 1 + random.index(below: 64), bytes.count)])
      bytes.insert(contentsOf: run, at: random.index(below: bytes.count))
    case 10:
      for offset in place..<min(place + 1 + random.index(below: 32), bytes.count) {
        bytes[offset] = UInt8(truncatingIfNeeded: random.next())
      }
    default: bytes.removeSubrange((place + 1)...)
    }
  }
}
