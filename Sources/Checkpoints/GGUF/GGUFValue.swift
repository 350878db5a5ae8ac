internal import Files
internal import Tensors

/// A value of a GGUF file's metadata; of a long array its length and first elements only.
package indirect enum GGUFValue: Hashable, Sendable, CustomStringConvertible {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case boolean(Bool)
  case text(String)
  case array(count: Int, first: [GGUFValue])

  /// Elements of an array that are kept, of texts fewer: vocabularies have 260 000.
  static let kept = (numbers: 1024, texts: 8)
  /// What the keys begin with under which this tool's own files keep all of an array.
  static let ownPrefix = "vlmtool."
  /// Elements that are shown.
  private static let shown = 8
  /// Arrays in arrays at most.
  static let deepest = 4

  package var description: String {
    switch self {
    case .unsigned(let value): "\(value)"
    case .signed(let value): "\(value)"
    case .float(let value): value == value.rounded() ? "\(value)" : "\(Float(value))"
    case .boolean(let value): "\(value)"
    case .text(let value): value
    case .array(let count, let first):
      "[" + first.prefix(Self.shown).map(\.description).joined(separator: ", ")
        + (count > Self.shown ? ", … \(count) in all]" : "]")
    }
  }

  /// An array that is not kept whole is an object with its `count`.
  var json: JSONValue {
    switch self {
    case .unsigned(let value): Int(exactly: value).map(JSONValue.int) ?? .double(Double(value))
    case .signed(let value): .int(Int(value))
    // One that is F32 as it is written, not with the digits that its neighbour in F64 has more.
    case .float(let value):
      value.isFinite
        ? .double(Double(Float(value)) == value ? Double("\(Float(value))") ?? value : value)
        : .string("\(value)")
    case .boolean(let value): .bool(value)
    case .text(let value): .string(value)
    case .array(let count, let first):
      count == first.count ? .array(first.map(\.json)) : .object(["count": .int(count)])
    }
  }

  /// - Parameter keepingAll: of arrays too.
  init(_ scanner: inout GGUFScanner, key: String, keepingAll: Bool) throws(VLMError) {
    let start = scanner.offset
    let type = try scanner.number(UInt32.self, "the type of \(key)")
    try self.init(&scanner, type, at: start, key: key, keepingAll: keepingAll, depth: 0)
  }

  private init(
    _ scanner: inout GGUFScanner, _ type: UInt32, at typeOffset: Int, key: String, keepingAll: Bool, depth: Int
  ) throws(VLMError) {
    let start = scanner.offset
    let what = "the value of \(key)"
    switch type {
    case 0: self = .unsigned(UInt64(try scanner.number(UInt8.self, what)))
    case 1: self = .signed(Int64(try scanner.number(Int8.self, what)))
    case 2: self = .unsigned(UInt64(try scanner.number(UInt16.self, what)))
    case 3: self = .signed(Int64(try scanner.number(Int16.self, what)))
    case 4: self = .unsigned(UInt64(try scanner.number(UInt32.self, what)))
    case 5: self = .signed(Int64(try scanner.number(Int32.self, what)))
    case 6: self = .float(Double(Float(bitPattern: try scanner.number(UInt32.self, what))))
    case 7:
      let byte = try scanner.number(UInt8.self, what)
      guard byte <= 1 else {
        throw scanner.failure(.ggufValueType, "\(what), a boolean, is \(byte)", at: start)
      }
      self = .boolean(byte == 1)
    case 8: self = .text(scanner.mended(try scanner.textRange(what)))
    case 9: self = try Self.array(&scanner, key: key, keepingAll: keepingAll, depth: depth + 1)
    case 10: self = .unsigned(try scanner.number(UInt64.self, what))
    case 11: self = .signed(try scanner.number(Int64.self, what))
    case 12: self = .float(Double(bitPattern: try scanner.number(UInt64.self, what)))
    default: throw Self.unknown(type, scanner, typeOffset, key)
    }
  }

  private static func unknown(
    _ type: UInt32, _ scanner: GGUFScanner, _ offset: Int, _ key: String
  ) -> VLMError {
    scanner.failure(.ggufValueType, "\(key) has type \(type), which GGUF does not have", at: offset)
  }

  private static func array(
    _ scanner: inout GGUFScanner, key: String, keepingAll: Bool, depth: Int
  ) throws(VLMError) -> GGUFValue {
    let start = scanner.offset
    guard depth <= deepest else {
      throw scanner.failure(.ggufNesting, "arrays of \(key) nest deeper than \(deepest) levels", at: start)
    }
    let type = try scanner.number(UInt32.self, "the element type of \(key)")
    guard let smallest = smallestByteCounts[type] else { throw unknown(type, scanner, start, key) }
    let count = try scanner.count(of: smallest, "elements of \(key)")
    var first: [GGUFValue] = []
    let kept = keepingAll ? .max : type == 8 || type == 9 ? kept.texts : kept.numbers
    for index in 0..<count {
      if index >= kept, type != 7, type != 8, type != 9 {
        // Numbers have nothing to check.
        try scanner.skip((count - index) * smallest, "the value of \(key)")
        break
      }
      if index >= kept, type == 8 {
        _ = try scanner.textRange("the value of \(key)")
        continue
      }
      let value = try GGUFValue(&scanner, type, at: start, key: key, keepingAll: keepingAll, depth: depth)
      if index < kept { first.append(value) }
    }
    return .array(count: count, first: first)
  }

  /// What one element takes at least.
  private static let smallestByteCounts: [UInt32: Int] = [
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8,
  ]
}
