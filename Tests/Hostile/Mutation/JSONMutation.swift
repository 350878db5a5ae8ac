import Tensors


/// Changes to JSON that leave it JSON, or nearly: values swapped for hostile ones, members doubled, lost and renamed.
enum JSONMutation {
  /// What no reader may trust; some are no JSON at all.
  static let values: [String] =
    [
      "null", "[]", "{}", "true", "false", "-1", "0", "1", "2", "7", "3.5", "-0.0", "1e-320", "1e308", "-1e308", "1e400",
      "NaN", "Infinity", "2147483647", "2147483648", "-2147483648", "4294967296", "1048576", "65537", "16777217",
      "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616",
      #""""#, #""a""#, #""../../etc/passwd""#, #""/dev/zero""#, #""\u0000""#, #""\ud800""#, #""\u001b[2J""#, "[[]]",
      "[null]", #"[""]"#, "[-1]", "[0]", "[1e308, 1e308, 1e308]", #"{"": {}}"#, #"[1, "a", null, {}]"#,
      "[9223372036854775807, 9223372036854775807]", #"{"height": 1048576, "width": 1048576}"#,
    ]
    + [
      "\"" + String(repeating: "a", count: 1 << 20) + "\"", String(repeating: "9", count: 400),
      String(repeating: "[", count: 400) + String(repeating: "]", count: 400),
      String(repeating: "{\"a\":", count: 100_000), "[" + String(repeating: "0,", count: 100_000) + "0]",
    ]

  /// - Parameter own: values that are hostile to one reader in particular.
  static func mutation(own: [String] = []) -> Mutation {
    { bytes, random in
      if random.index(below: 8) == 0 { return ByteMutation.anywhere(&bytes, &random) }
      for _ in 0...random.index(below: 8) / 6 {
        var places = Places()
        places.find(in: bytes)
        guard !places.values.isEmpty else { return ByteMutation.anywhere(&bytes, &random) }
        // Most values hold others; a file that differs in a leaf gets furthest.
        let drawn = (0..<3).map { _ in places.values[random.index(below: places.values.count)] }
        let place = random.index(below: 5) == 0 ? drawn[0] : drawn.min { $0.count < $1.count }!
        let other = places.values[random.index(below: places.values.count)]
        switch random.index(below: 8) {
        case 0: bytes.replaceSubrange(place, with: Array(bytes[other]))
        case 1 where !places.members.isEmpty:
          let member = places.members[random.index(below: places.members.count)]
          bytes.insert(contentsOf: Array(bytes[member]) + [UInt8(ascii: ",")], at: member.lowerBound)
        case 2 where !places.members.isEmpty:
          bytes[places.members[random.index(below: places.members.count)].lowerBound + 1] ^= 1
        default:
          let hostile = own.isEmpty || random.index(below: 3) > 0 ? values : own
          bytes.replaceSubrange(place, with: Array(hostile[random.index(below: hostile.count)].utf8))
        }
      }
    }
  }

  /// Where values and members stand in a text; of what is no JSON, as far as it is read.
  private struct Places {
    var values: [Range<Int>] = []
    var members: [Range<Int>] = []
    private var position = 0
    /// Vocabularies are long, and one of their entries is like the other: of more, a part is taken.
    private static let most = 20_000

    mutating func find(in bytes: [UInt8]) { value(bytes, depth: 0) }

    private mutating func skipSpace(_ bytes: [UInt8]) {
      while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func value(_ bytes: [UInt8], depth: Int) {
      skipSpace(bytes)
      let start = position
      guard position < bytes.count, depth < 200, values.count < Self.most else {
        position = bytes.count
        return
      }
      switch bytes[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): container(bytes, depth: depth)
      case UInt8(ascii: "\""): string(bytes)
      default:
        while position < bytes.count, !",]}".utf8.contains(bytes[position]) { position += 1 }
      }
      if position <= bytes.count, start < position { values.append(start..<min(position, bytes.count)) }
    }

    private mutating func container(_ bytes: [UInt8], depth: Int) {
      let isObject = bytes[position] == UInt8(ascii: "{")
      position += 1
      while position < bytes.count {
        skipSpace(bytes)
        guard position < bytes.count, !"]}".utf8.contains(bytes[position]) else { break }
        let start = position
        if isObject {
          string(bytes)
          skipSpace(bytes)
          position += 1
        }
        value(bytes, depth: depth + 1)
        if isObject { members.append(start..<min(position, bytes.count)) }
        skipSpace(bytes)
        guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { break }
        position += 1
      }
      position += 1
    }

    private mutating func string(_ bytes: [UInt8]) {
      position += 1
      while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
        position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
      }
      position += 1
    }
  }
}
