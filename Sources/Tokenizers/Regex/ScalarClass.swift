/// A set of Unicode scalars, asked once per character of every text: two words for ASCII, a bit map below U+20000,
/// a rule above.
struct ScalarClass: Sendable {
  static let mapped: UInt32 = 0x20000

  /// One part of a class as it is written: a range, categories, another class's complement.
  indirect enum Part: Sendable {
    case range(ClosedRange<UInt32>)
    case categories(UInt32)
    case whitespace
    case word
    case union([Part])
    case intersection([Part])
    case not(Part)

    /// Whether the scalar of this value and category belongs.
    func contains(_ value: UInt32, _ category: UInt8) -> Bool {
      switch self {
      case .range(let range): range.contains(value)
      case .categories(let mask): mask >> UInt32(category) & 1 == 1
      case .whitespace: ScalarProperties.isWhitespace(value)
      case .word: Self.isOnigurumaWord(value, category)
      case .union(let parts): parts.contains { $0.contains(value, category) }
      case .intersection(let parts): parts.allSatisfy { $0.contains(value, category) }
      case .not(let part): !part.contains(value, category)
      }
    }

    /// `\w` of Oniguruma: Alphabetic, marks, decimal digits, connectors, and the Latin-1 numbers.
    private static func isOnigurumaWord(_ value: UInt32, _ category: UInt8) -> Bool {
      if value < 0x80 { return ScalarProperties.isWord(value) }
      let bits = ScalarProperties.Categories(rawValue: 1 << UInt32(category))
      if !bits.isDisjoint(with: [.letters, .marks, .decimals, .connectors]) { return true }
      if value < 0x100 { return !bits.isDisjoint(with: .numbers) }
      if bits.isDisjoint(with: [.numbers, .symbols]) { return false }
      return UnicodeScalar(value)?.properties.isAlphabetic ?? false
    }
  }

  /// Categories of the mapped scalars as Oniguruma sees them, worked out once in a process.
  private static let categories: [UInt8] = (0..<mapped).map(ScalarProperties.category)

  let part: Part
  private(set) var ascii: (UInt64, UInt64) = (0, 0)
  private let map: [UInt64]

  init(_ part: Part) {
    self.part = part
    map = Self.map(of: part)
    ascii = (map[0], map[1])
  }

  /// The bit map of a part, put together from those of its parts.
  private static func map(of part: Part) -> [UInt64] {
    var map = [UInt64](repeating: 0, count: Int(mapped / 64))
    switch part {
    case .range(let range):
      for value in range.clamped(to: 0...mapped) where value < mapped {
        map[Int(value >> 6)] |= 1 << UInt64(value & 63)
      }
    case .union(let parts):
      for part in parts {
        let other = self.map(of: part)
        for index in 0..<map.count { map[index] |= other[index] }
      }
    case .intersection(let parts):
      for index in 0..<map.count { map[index] = .max }
      for part in parts {
        let other = self.map(of: part)
        for index in 0..<map.count { map[index] &= other[index] }
      }
    case .not(let part):
      let other = self.map(of: part)
      for index in 0..<map.count { map[index] = ~other[index] }
    case .categories(let mask):
      categories.withUnsafeBufferPointer { categories in
        for index in 0..<map.count {
          var word: UInt64 = 0
          for bit in 0..<64 {
            word |= UInt64(mask >> UInt32(categories[index * 64 + bit]) & 1) << UInt64(bit)
          }
          map[index] = word
        }
      }
    case .whitespace, .word:
      categories.withUnsafeBufferPointer { categories in
        for value in 0..<mapped where part.contains(value, categories[Int(value)]) {
          map[Int(value >> 6)] |= 1 << UInt64(value & 63)
        }
      }
    }
    return map
  }

  @inline(__always) func contains(_ value: UInt32) -> Bool {
    if value < Self.mapped { return map[Int(value >> 6)] >> UInt64(value & 63) & 1 == 1 }
    return containsUnmapped(value)
  }

  @inline(__always) func containsASCII(_ byte: UInt8) -> Bool {
    (byte < 64 ? ascii.0 >> UInt64(byte) : ascii.1 >> UInt64(byte - 64)) & 1 == 1
  }

  @inline(never) private func containsUnmapped(_ value: UInt32) -> Bool {
    part.contains(value, ScalarProperties.category(value))
  }
}
