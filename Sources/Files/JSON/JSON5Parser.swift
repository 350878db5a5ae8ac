internal import Foundation
internal import Tensors

/// Parses JSON and JSON5 (comments, trailing commas, unquoted keys, single quotes, hexadecimal and signed
/// numbers).
///
/// Foundation parses JSON5 too, but says neither where an error is nor that a key stands there twice.
struct JSON5Parser {
  private static let maximumDepth = 64

  private let bytes: [UInt8]
  private let file: String
  private let code: VLMError.Code
  private var position = 0
  private var depth = 0

  init(_ data: Data, file: String, code: VLMError.Code) throws(VLMError) {
    var bytes = [UInt8](data)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.bytes = bytes
    self.file = file
    self.code = code
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw failure("the text is not UTF-8", at: 0)
    }
  }

  /// Parses all of the text.
  mutating func parse() throws(VLMError) -> JSONValue {
    let value = try value()
    guard try peek() == nil else { throw unexpected("the end of the text") }
    return value
  }

  private func failure(_ message: String, at position: Int) -> VLMError {
    let before = bytes.prefix(position)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = position - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
    return VLMError(
      code, "not valid JSON: line \(line), column \(column): \(message)", file: file, offset: position)
  }

  private func unexpected(_ wanted: String) -> VLMError {
    guard position < bytes.count else {
      return failure("the text ends where \(wanted) should be", at: position)
    }
    let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    return failure("'\(rest.first.map(String.init) ?? "")' stands where \(wanted) should be", at: position)
  }

  /// The next byte that is neither white space nor part of a comment.
  private mutating func peek() throws(VLMError) -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D: position += 1
      case 0xC2 where byte(1) == 0xA0: position += 2
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
        let start = position
        position += 2
        while !(byte(0) == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
          guard position < bytes.count else { throw failure("a comment is not closed", at: start) }
          position += 1
        }
        position += 2
      default: return bytes[position]
      }
    }
    return nil
  }

  private func byte(_ ahead: Int) -> UInt8? { position + ahead < bytes.count ? bytes[position + ahead] : nil }

  private mutating func value() throws(VLMError) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case nil: throw unexpected("a value")
    default: return try scalar()
    }
  }

  private mutating func descend() throws(VLMError) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw failure("nested deeper than \(Self.maximumDepth)", at: position)
    }
    position += 1
  }

  private mutating func object() throws(VLMError) -> JSONValue {
    try descend()
    var members: [String: JSONValue] = [:]
    while true {
      let next = try peek()
      if next == UInt8(ascii: "}") { break }
      let start = position
      let key = next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") ? try string() : try identifier()
      guard try peek() == UInt8(ascii: ":") else { throw unexpected("':'") }
      position += 1
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw failure("the key \"\(key)\" is there twice", at: start)
      }
      if try peek() == UInt8(ascii: ",") {
        position += 1
      } else if try peek() != UInt8(ascii: "}") {
        throw unexpected("',' or '}'")
      }
    }
    position += 1
    depth -= 1
    return .object(members)
  }

  private mutating func array() throws(VLMError) -> JSONValue {
    try descend()
    var values: [JSONValue] = []
    while try peek() != UInt8(ascii: "]") {
      values.append(try value())
      if try peek() == UInt8(ascii: ",") {
        position += 1
      } else if try peek() != UInt8(ascii: "]") {
        throw unexpected("',' or ']'")
      }
    }
    position += 1
    depth -= 1
    return .array(values)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }

  private mutating func identifier() throws(VLMError) -> String {
    let start = position
    guard let first = byte(0), Self.isWord(first), !(0x30...0x39).contains(first) else {
      throw unexpected("a key")
    }
    while let next = byte(0), Self.isWord(next) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func scalar() throws(VLMError) -> JSONValue {
    let start = position
    while let next = byte(0), Self.isWord(next) || "+-.".utf8.contains(next) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "NaN", "+NaN", "-NaN": return .double(.nan)
    case "Infinity", "+Infinity": return .double(.infinity)
    case "-Infinity": return .double(-.infinity)
    default:
      if let number = Self.number(text) { return number }
      position = start
      throw text.isEmpty ? unexpected("a value") : failure("\"\(text.prefix(40))\" is no value", at: start)
    }
  }

  private static func number(_ text: String) -> JSONValue? {
    if let whole = Int(text) { return .int(whole) }
    let sign = text.hasPrefix("-") ? -1 : 1
    let digits = text.drop { $0 == "-" || $0 == "+" }
    guard text.count - digits.count <= 1, let first = digits.first else { return nil }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      return Int(digits.dropFirst(2), radix: 16).map { .int(sign * $0) }
    }
    guard first.isNumber || first == ".", digits.allSatisfy({ $0.isNumber || ".eE+-".contains($0) }) else {
      return nil
    }
    var plain = String(digits)
    if plain.hasPrefix(".") { plain = "0" + plain }
    if plain.hasSuffix(".") { plain += "0" }
    return Double(
      plain.replacingOccurrences(of: ".e", with: ".0e").replacingOccurrences(of: ".E", with: ".0E")
    )
    .map { .double(Double(sign) * $0) }
  }

  private mutating func string() throws(VLMError) -> String {
    let start = position
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while let next = byte(0), next != quote {
      position += 1
      switch next {
      case UInt8(ascii: "\\"): try escape(&text)
      case UInt8(ascii: "\n"): throw failure("a text is not closed on its line", at: start)
      default: text.append(next)
      }
    }
    guard byte(0) == quote else { throw failure("a text is not closed", at: start) }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func escape(_ text: inout [UInt8]) throws(VLMError) {
    guard let letter = byte(0) else { throw unexpected("an escape") }
    position += 1
    switch letter {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "v"): text.append(0x0B)
    case UInt8(ascii: "0"): text.append(0x00)
    case UInt8(ascii: "\n"): break
    case UInt8(ascii: "\r"): if byte(0) == 0x0A { position += 1 }
    case UInt8(ascii: "x"): text += Array(String(UnicodeScalar(UInt8(try hexadecimal(2)))).utf8)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal(4)
      if (0xD800...0xDBFF).contains(unit), byte(0) == UInt8(ascii: "\\"), byte(1) == UInt8(ascii: "u") {
        position += 2
        let low = try hexadecimal(4)
        guard (0xDC00...0xDFFF).contains(low) else { throw failure("half of a surrogate pair", at: position) }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(unit) else { throw failure("half of a surrogate pair", at: position) }
      text += Array(String(scalar).utf8)
    default: text.append(letter)
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(VLMError) -> UInt32 {
    let digits = bytes[position..<min(position + count, bytes.count)]
    guard digits.count == count, digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("an escape needs \(count) hexadecimal digits", at: position) }
    position += count
    return value
  }
}
