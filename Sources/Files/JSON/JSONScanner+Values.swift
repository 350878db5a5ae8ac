internal import Foundation
package import Tensors

extension JSONScanner {
  /// Reads any number, rounded to the nearest double.
  ///
  /// - Throws: `json.number` when it is too large for one.
  package mutating func number() throws(VLMError) -> Double {
    skipWhitespace()
    let start = position
    try skipNumber()
    guard let value = Double(ascii(start..<position)), value.isFinite else {
      throw failure(.jsonNumber, "this number is too large", at: start)
    }
    return value
  }

  /// Reads a whole number from 0 to `Int.max`; no sign, fraction, exponent or leading zero.
  package mutating func wholeNumber() throws(VLMError) -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while let digit = byte(at: position), digit >= 0x30, digit <= 0x39 {
      let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tens.addingReportingOverflow(Int(digit &- 0x30))
      if overflow1 || overflow2 { throw failure(.jsonNumber, "this number is too large", at: start) }
      value = sum
      position += 1
    }
    let next = byte(at: position)
    let goesOn = next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E")
    let leadingZero = position - start > 1 && byte(at: start) == 0x30
    guard position > start, !goesOn, !leadingZero else {
      throw failure(.jsonNumber, "a whole number, zero or more, should be here", at: start)
    }
    return value
  }

  /// Reads a value that is neither text, array nor object.
  mutating func scalar() throws(VLMError) -> JSONValue {
    let first = peek()
    let start = position
    if isJSON5 { return try word() }
    switch first {
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      try skipScalar()
      return first == UInt8(ascii: "n") ? .null : .bool(first == UInt8(ascii: "t"))
    default:
      let number = try number()
      return Int(ascii(start..<position)).map { .int($0) } ?? .double(number)
    }
  }

  mutating func skipScalar() throws(VLMError) {
    switch peek() {
    case _ where isJSON5: _ = try word()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: try skipNumber()
    }
  }

  private mutating func literal(_ word: StaticString) throws(VLMError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard byte(at: position) == word.utf8Start[index] else { throw unexpected("'\(word)'") }
      position += 1
    }
  }

  private mutating func skipNumber() throws(VLMError) {
    if byte(at: position) == UInt8(ascii: "-") { position += 1 }
    let start = position
    try skipDigits("a value")
    if position - start > 1, byte(at: start) == 0x30 {
      throw failure(.jsonNumber, "a number has a leading zero", at: start)
    }
    if byte(at: position) == UInt8(ascii: ".") {
      position += 1
      try skipDigits("a digit")
    }
    if let next = byte(at: position), next | 0x20 == UInt8(ascii: "e") {
      position += 1
      if let sign = byte(at: position), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        position += 1
      }
      try skipDigits("a digit")
    }
  }

  private mutating func skipDigits(_ expected: String) throws(VLMError) {
    let start = position
    while let digit = byte(at: position), digit >= 0x30, digit <= 0x39 { position += 1 }
    if position == start { throw unexpected(expected) }
  }
}

// MARK: JSON5

extension JSONScanner {
  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }

  /// A key without quotes.
  mutating func bareKey() throws(VLMError) -> String {
    let start = position
    guard let first = byte(at: start), Self.isWord(first), !(0x30...0x39).contains(first) else {
      throw unexpected("a key")
    }
    while let next = byte(at: position), Self.isWord(next) { position += 1 }
    return try text(start..<position)
  }

  /// `true`, `null`, `NaN` and the like, or a number.
  private mutating func word() throws(VLMError) -> JSONValue {
    let start = position
    while let next = byte(at: position), Self.isWord(next) || "+-.".utf8.contains(next) { position += 1 }
    let text = try text(start..<position)
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "NaN", "+NaN", "-NaN": return .double(.nan)
    case "Infinity", "+Infinity": return .double(.infinity)
    case "-Infinity": return .double(-.infinity)
    case "": throw unexpected("a value")
    default:
      guard let number = Self.number(text) else {
        throw failure(.jsonSyntax, "\"\(text.prefix(40))\" is no value", at: start)
      }
      return number
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
}
