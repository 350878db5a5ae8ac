package import Tensors

extension JSONScanner {
  func isQuote(_ byte: UInt8?) -> Bool {
    byte == UInt8(ascii: "\"") || isJSON5 && byte == UInt8(ascii: "'")
  }

  /// Reads a string; escapes are decoded, invalid UTF-8 and lone surrogates refused.
  package mutating func string() throws(VLMError) -> String {
    guard let quote = peek(), isQuote(quote) else { throw unexpected("'\"'") }
    position += 1
    let start = position
    var seen: UInt8 = 0
    while let next = byte(at: position) {
      if next == quote {
        defer { position += 1 }
        return seen < 0x80 ? ascii(start..<position) : try text(start..<position)
      }
      if next == UInt8(ascii: "\\") { return try escapedString(from: start, quote) }
      if next < 0x20 { try checkControl(next, start) }
      seen |= next
      position += 1
    }
    throw failure(.jsonSyntax, "a text is not closed", at: start)
  }

  /// Reads a string and appends its UTF-8 to `arena`: what a vocabulary of 260 000 strings is read with.
  ///
  /// The same checks as `string()`, no allocation per string.
  package mutating func string(into arena: inout [UInt8]) throws(VLMError) {
    guard peek() == UInt8(ascii: "\"") else {
      _ = try string()
      return
    }
    let start = position + 1
    var end = start
    var seen: UInt8 = 0
    while let next = byte(at: end), next != UInt8(ascii: "\"") {
      if next == UInt8(ascii: "\\") || next < 0x20 {
        arena.append(contentsOf: try string().utf8)
        return
      }
      seen |= next
      end += 1
    }
    guard end < bytes.count, seen < 0x80 else {
      arena.append(contentsOf: try string().utf8)
      return
    }
    arena.append(contentsOf: bytes[start..<end])
    position = end + 1
  }

  /// Without the validation that `text` does, which costs as much as all the rest of a header.
  func ascii(_ range: Range<Int>) -> String {
    String(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self),
      as: UTF8.self)
  }

  func text(_ range: Range<Int>) throws(VLMError) -> String {
    guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
      throw failure(.jsonUTF8, "a string is not valid UTF-8", at: range.lowerBound)
    }
    return text
  }

  private func checkControl(_ byte: UInt8, _ start: Int) throws(VLMError) {
    guard isJSON5 else {
      throw failure(.jsonSyntax, "a control character stands unescaped in a string")
    }
    if byte == 0x0A { throw failure(.jsonSyntax, "a text is not closed on its line", at: start) }
  }

  private mutating func escapedString(from start: Int, _ quote: UInt8) throws(VLMError) -> String {
    var result = try text(start..<position)
    while let next = byte(at: position), next != quote {
      if next == UInt8(ascii: "\\") {
        if let scalar = try escape() { result.unicodeScalars.append(scalar) }
        continue
      }
      let runStart = position
      while let run = byte(at: position), run != quote, run != UInt8(ascii: "\\") {
        if run < 0x20 { try checkControl(run, start) }
        position += 1
      }
      result += try text(runStart..<position)
    }
    guard position < bytes.count else { throw failure(.jsonSyntax, "a text is not closed", at: start) }
    position += 1
    return result
  }

  /// `nil` for what stands for nothing: the end of a line in JSON5.
  private mutating func escape() throws(VLMError) -> UnicodeScalar? {
    let start = position
    position += 2
    let letter = byte(at: start + 1)
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try surrogates(escapeStart: start)
    case let letter? where isJSON5: return try json5Escape(letter, escapeStart: start)
    default: throw failure(.jsonEscape, "no such escape in a JSON string", at: start)
    }
  }

  private mutating func json5Escape(_ letter: UInt8, escapeStart: Int) throws(VLMError) -> UnicodeScalar? {
    switch letter {
    case UInt8(ascii: "v"): return "\u{b}"
    case UInt8(ascii: "0"): return "\0"
    case UInt8(ascii: "x"): return UnicodeScalar(UInt8(try hexadecimal(2, escapeStart: escapeStart)))
    case 0x0A: return nil
    case 0x0D:
      if byte(at: position) == 0x0A { position += 1 }
      return nil
    case ..<0x80: return UnicodeScalar(letter)
    default:
      position -= 1
      return nil
    }
  }

  private mutating func surrogates(escapeStart: Int) throws(VLMError) -> UnicodeScalar {
    let first = try hexadecimal(4, escapeStart: escapeStart)
    if let scalar = UnicodeScalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(first), byte(at: position) == UInt8(ascii: "\\"),
      byte(at: position + 1) == UInt8(ascii: "u")
    else { throw failure(.jsonEscape, "half of a surrogate pair", at: escapeStart) }
    position += 2
    let second = try hexadecimal(4, escapeStart: escapeStart)
    guard UTF16.isTrailSurrogate(second) else {
      throw failure(.jsonEscape, "half of a surrogate pair", at: escapeStart)
    }
    return UTF16.decode(UTF16.EncodedScalar([first, second]))
  }

  private mutating func hexadecimal(_ count: Int, escapeStart: Int) throws(VLMError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<count {
      guard let next = byte(at: position), next < 0x80,
        let digit = Character(UnicodeScalar(next)).hexDigitValue
      else {
        throw failure(.jsonEscape, "an escape needs \(count) hexadecimal digits", at: escapeStart)
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
