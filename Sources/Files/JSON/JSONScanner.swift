public import Tensors

extension VLMError.Code {
  public static let jsonSyntax = Self("files.json.syntax")
  public static let jsonUTF8 = Self("files.json.utf8")
  public static let jsonEscape = Self("files.json.escape")
  public static let jsonNumber = Self("files.json.number")
  public static let jsonNesting = Self("files.json.nesting")
  public static let jsonTrailing = Self("files.json.trailing")
}

/// A strict JSON reader (RFC 8259) that goes through bytes once, builds no tree and bounds its own depth.
///
/// The caller says at each point what it expects; duplicate members are the caller's to refuse, for it sees each
/// as it stands in the file. Every byte is read through `byte(at:)`, the one place that checks bounds.
package struct JSONScanner {
  /// Deeper nesting than this is refused; real headers nest three levels.
  package static let maximumDepth = 64

  let bytes: UnsafeRawBufferPointer
  private let file: String
  private let fileOffset: Int
  private var depth = 0
  package internal(set) var position = 0

  /// - Parameters:
  ///   - bytes: the text; must stay valid while the scanner is used.
  ///   - fileOffset: where `bytes` begins in `file`, for messages.
  package init(_ bytes: UnsafeRawBufferPointer, file: String, fileOffset: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.fileOffset = fileOffset
  }

  /// The position in the file of the next byte.
  package var offset: Int { fileOffset + position }

  @inline(__always) func byte(at index: Int) -> UInt8? {
    index < bytes.count ? bytes[index] : nil
  }

  package func failure(_ code: VLMError.Code, _ message: String, at position: Int? = nil) -> VLMError {
    VLMError(code, message, file: file, offset: fileOffset + (position ?? self.position))
  }

  private func unexpected(_ expected: String) -> VLMError {
    guard let found = byte(at: position) else {
      return failure(.jsonSyntax, "JSON ends where \(expected) should be")
    }
    let shown = (0x21...0x7e).contains(found) ? "'\(Character(UnicodeScalar(found)))'" : "byte \(found)"
    return failure(.jsonSyntax, "\(shown) stands where \(expected) should be")
  }

  @inline(__always) package mutating func skipWhitespace() {
    while let next = byte(at: position), next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 {
      position += 1
    }
  }

  /// The first byte of the next value.
  @inline(__always) package mutating func peek() -> UInt8? {
    skipWhitespace()
    return byte(at: position)
  }

  @inline(__always) private mutating func take(_ expected: UInt8, _ name: String) throws(VLMError) {
    guard peek() == expected else { throw unexpected(name) }
    position += 1
  }

  @inline(__always) private mutating func takeIf(_ expected: UInt8) -> Bool {
    guard peek() == expected else { return false }
    position += 1
    return true
  }

  private mutating func descend() throws(VLMError) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw failure(.jsonNesting, "JSON nests deeper than \(Self.maximumDepth) levels")
    }
  }

  /// Reads an object; `member` must consume exactly one value per call. `keyOffset` is a file offset.
  package mutating func object(
    _ member: (inout JSONScanner, _ key: String, _ keyOffset: Int) throws(VLMError) -> Void
  ) throws(VLMError) {
    try take(UInt8(ascii: "{"), "'{'")
    try descend()
    defer { depth -= 1 }
    if takeIf(UInt8(ascii: "}")) { return }
    while true {
      skipWhitespace()
      let keyOffset = offset
      let key = try string()
      try take(UInt8(ascii: ":"), "':'")
      try member(&self, key, keyOffset)
      if takeIf(UInt8(ascii: ",")) { continue }
      try take(UInt8(ascii: "}"), "',' or '}'")
      return
    }
  }

  /// Reads an array; `element` must consume exactly one value per call.
  package mutating func array(_ element: (inout JSONScanner) throws(VLMError) -> Void) throws(VLMError) {
    try take(UInt8(ascii: "["), "'['")
    try descend()
    defer { depth -= 1 }
    if takeIf(UInt8(ascii: "]")) { return }
    while true {
      try element(&self)
      if takeIf(UInt8(ascii: ",")) { continue }
      try take(UInt8(ascii: "]"), "',' or ']'")
      return
    }
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

  /// Reads any value and forgets it.
  package mutating func skipValue() throws(VLMError) {
    switch peek() {
    case UInt8(ascii: "{"): try object { (scanner, _, _) throws(VLMError) in try scanner.skipValue() }
    case UInt8(ascii: "["): try array { (scanner) throws(VLMError) in try scanner.skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: try skipNumber()
    }
  }

  mutating func literal(_ word: StaticString) throws(VLMError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard byte(at: position) == word.utf8Start[index] else { throw unexpected("'\(word)'") }
      position += 1
    }
  }

  mutating func skipNumber() throws(VLMError) {
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

  /// Checks that nothing but white space is left.
  package mutating func end() throws(VLMError) {
    guard peek() == nil else {
      throw failure(.jsonTrailing, "something stands after the end of the JSON text")
    }
  }
}

extension JSONScanner {
  /// Reads a string; escapes are decoded, invalid UTF-8 and lone surrogates refused.
  package mutating func string() throws(VLMError) -> String {
    try take(UInt8(ascii: "\""), "'\"'")
    let start = position
    var seen: UInt8 = 0
    while let next = byte(at: position) {
      if next == UInt8(ascii: "\"") {
        defer { position += 1 }
        return seen < 0x80 ? ascii(start..<position) : try text(start..<position)
      }
      if next == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if next < 0x20 { throw failure(.jsonSyntax, "a control character stands unescaped in a string") }
      seen |= next
      position += 1
    }
    throw failure(.jsonSyntax, "JSON ends within a string", at: start)
  }

  /// Without the validation that `text` does, which costs as much as all the rest of a header.
  private func ascii(_ range: Range<Int>) -> String {
    String(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self),
      as: UTF8.self)
  }

  private func text(_ range: Range<Int>) throws(VLMError) -> String {
    guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
      throw failure(.jsonUTF8, "a string is not valid UTF-8", at: range.lowerBound)
    }
    return text
  }

  private mutating func escapedString(from start: Int) throws(VLMError) -> String {
    var result = try text(start..<position)
    while let next = byte(at: position) {
      switch next {
      case UInt8(ascii: "\""):
        position += 1
        return result
      case UInt8(ascii: "\\"):
        result.unicodeScalars.append(try escape())
      case 0..<0x20:
        throw failure(.jsonSyntax, "a control character stands unescaped in a string")
      default:
        let runStart = position
        while let run = byte(at: position), run >= 0x20, run != UInt8(ascii: "\""), run != UInt8(ascii: "\\")
        {
          position += 1
        }
        result += try text(runStart..<position)
      }
    }
    throw failure(.jsonSyntax, "JSON ends within a string", at: start)
  }

  private mutating func escape() throws(VLMError) -> UnicodeScalar {
    let start = position
    position += 2
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure(.jsonEscape, "no such escape in a JSON string", at: start)
    }
    let first = try hexUnit(escapeStart: start)
    if let scalar = UnicodeScalar(UInt32(first)) { return scalar }
    guard UTF16.isLeadSurrogate(first), byte(at: position) == UInt8(ascii: "\\"),
      byte(at: position + 1) == UInt8(ascii: "u")
    else { throw failure(.jsonEscape, "a lone surrogate stands in a JSON string", at: start) }
    position += 2
    let second = try hexUnit(escapeStart: start)
    guard UTF16.isTrailSurrogate(second) else {
      throw failure(.jsonEscape, "a lone surrogate stands in a JSON string", at: start)
    }
    return UTF16.decode(UTF16.EncodedScalar([first, second]))
  }

  private mutating func hexUnit(escapeStart: Int) throws(VLMError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let next = byte(at: position), let digit = Character(UnicodeScalar(next)).hexDigitValue,
        next < 0x80
      else {
        throw failure(.jsonEscape, "\\u must be followed by four hexadecimal digits", at: escapeStart)
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
