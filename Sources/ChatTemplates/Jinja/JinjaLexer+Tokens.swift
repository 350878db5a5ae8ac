internal import Tensors

extension JinjaLexer {
  private static let symbols = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{",
    "}",
    ",", ".", ":", "|",
  ]

  /// One token within a tag.
  mutating func readToken() throws(VLMError) {
    let next = source[position]
    if next == "'" || next == "\"" {
      add(.string(try readString(next)))
    } else if next.properties.isXIDStart || next == "_" {
      let start = position
      while position < source.count, source[position].properties.isXIDContinue { advance(1) }
      add(.name(text(start)))
    } else if ("0"..."9").contains(next) {
      try readNumber()
    } else if let symbol = Self.symbols.first(where: { looking(at: $0) }) {
      add(.symbol(symbol))
      advance(symbol.unicodeScalars.count)
    } else {
      throw failure("'\(next)' is not expected in a tag")
    }
  }

  private func text(_ start: Int) -> String { String(String.UnicodeScalarView(source[start..<position])) }

  private mutating func readNumber() throws(VLMError) {
    let start = position
    func isDigit(_ index: Int) -> Bool { index < source.count && ("0"..."9").contains(source[index]) }
    while isDigit(position) || (position < source.count && source[position] == "_" && isDigit(position + 1)) {
      advance(1)
    }
    var isFloat = false
    // After a dot the number is an item: `pairs.0.1`.
    let isItem = start > 0 && source[start - 1] == "."
    if !isItem, position < source.count, source[position] == ".", isDigit(position + 1) {
      isFloat = true
      advance(1)
      while isDigit(position) { advance(1) }
    }
    if !isItem, position < source.count, source[position] == "e" || source[position] == "E" {
      let signed = position + 1 < source.count && (source[position + 1] == "-" || source[position + 1] == "+")
      if isDigit(position + (signed ? 2 : 1)) {
        isFloat = true
        advance(signed ? 2 : 1)
        while isDigit(position) { advance(1) }
      }
    }
    let digits = text(start).filter { $0 != "_" }
    if isFloat, let value = Double(digits), value.isFinite {
      add(.float(value))
    } else if !isFloat, let value = Int(digits) {
      add(.integer(value))
    } else {
      throw failure("the number \(digits.prefix(40)) is too large")
    }
  }

  /// A string literal with Python's escapes.
  private mutating func readString(_ quote: UnicodeScalar) throws(VLMError) -> String {
    let start = line
    advance(1)
    var result = String.UnicodeScalarView()
    while position < source.count {
      let next = source[position]
      if next == quote {
        advance(1)
        return String(result)
      }
      advance(1)
      if next != "\\" {
        result.append(next)
      } else if position < source.count {
        try readEscape(into: &result)
      }
    }
    line = start
    throw failure("a string does not end")
  }

  private mutating func readEscape(into result: inout String.UnicodeScalarView) throws(VLMError) {
    let letter = source[position]
    advance(1)
    switch letter {
    case "n": result.append("\n")
    case "t": result.append("\t")
    case "r": result.append("\r")
    case "a": result.append("\u{7}")
    case "b": result.append("\u{8}")
    case "f": result.append("\u{C}")
    case "v": result.append("\u{B}")
    case "\\", "'", "\"": result.append(letter)
    case "\n": break
    case "x": result.append(try hexScalar(2))
    case "u": result.append(try hexScalar(4))
    case "U": result.append(try hexScalar(8))
    case "0"..."7":
      var value = letter.value - 0x30
      for _ in 0..<2 {
        guard position < source.count, ("0"..."7").contains(source[position]) else { break }
        value = value * 8 + source[position].value - 0x30
        advance(1)
      }
      result.append(UnicodeScalar(value) ?? "\u{FFFD}")
    default:
      // Python keeps the backslash of what is no escape.
      result.append("\\")
      result.append(letter)
    }
  }

  private mutating func hexScalar(_ count: Int) throws(VLMError) -> UnicodeScalar {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard position < source.count, source[position].isASCII,
        let digit = Character(source[position]).hexDigitValue
      else { throw failure("an escape in a string lacks hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      advance(1)
    }
    guard let scalar = UnicodeScalar(value) else { throw failure("an escape in a string is no character") }
    return scalar
  }
}
