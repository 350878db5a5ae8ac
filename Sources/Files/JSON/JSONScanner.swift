package import Tensors

extension VLMError.Code {
  package static let jsonSyntax = Self("files.json.syntax")
  package static let jsonUTF8 = Self("files.json.utf8")
  package static let jsonEscape = Self("files.json.escape")
  package static let jsonNumber = Self("files.json.number")
  package static let jsonNesting = Self("files.json.nesting")
  package static let jsonTrailing = Self("files.json.trailing")
}

/// A JSON reader that goes through bytes once, builds no tree and bounds its own depth.
///
/// It is strict (RFC 8259), or reads JSON5 as well: comments, trailing commas, bare keys, single quotes, hexadecimal and
/// signed numbers, NaN and infinities. Foundation does that too, but says neither where an error is nor that a key is there
/// twice.
///
/// The caller says at each point what it expects; duplicate members are the caller's to refuse, for it sees each
/// as it stands in the file. Every byte is read through `byte(at:)`, the one place that checks bounds.
package struct JSONScanner {
  /// Deeper nesting than this is refused; real headers nest three levels.
  package static let maximumDepth = 64

  let bytes: UnsafeRawBufferPointer
  private let file: String
  private let fileOffset: Int
  /// What all errors of a JSON5 text have; `nil` for strict JSON.
  private let json5Code: VLMError.Code?
  private var depth = 0
  package internal(set) var position: Int

  /// A scanner of strict JSON.
  ///
  /// - Parameters:
  ///   - bytes: the text; must stay valid while the scanner is used.
  ///   - fileOffset: where `bytes` begins in `file`, for messages.
  package init(_ bytes: UnsafeRawBufferPointer, file: String, fileOffset: Int = 0) {
    (self.bytes, self.file, self.fileOffset, json5Code, position) = (bytes, file, fileOffset, nil, 0)
  }

  /// A scanner of JSON5, whose errors have `code` and say line and column.
  init(json5 bytes: UnsafeRawBufferPointer, file: String, code: VLMError.Code) {
    (self.bytes, self.file, fileOffset, json5Code) = (bytes, file, 0, code)
    position = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What `body` makes of a file of strict JSON and at most `byteLimit` bytes.
  package static func scan<R>(
    fileAt path: String, byteLimit: Int, _ body: (inout JSONScanner) throws(VLMError) -> R
  ) throws(VLMError) -> R {
    let file = try MappedFile(path)
    guard file.byteCount <= byteLimit else {
      throw VLMError(.fileTooLarge, "\(file.byteCount) bytes are too many for this file", file: path)
    }
    let bytes = try file.resident(0..<file.byteCount)
    var scanner = JSONScanner(bytes.bytes, file: path)
    let value = try body(&scanner)
    try scanner.end()
    withExtendedLifetime(bytes) {}
    return value
  }

  @inline(__always) var isJSON5: Bool { json5Code != nil }

  /// The position in the file of the next byte.
  package var offset: Int { fileOffset + position }

  @inline(__always) func byte(at index: Int) -> UInt8? {
    index < bytes.count ? bytes[index] : nil
  }

  package func failure(_ code: VLMError.Code, _ message: String, at position: Int? = nil) -> VLMError {
    let position = position ?? self.position
    guard let json5Code else { return VLMError(code, message, file: file, offset: fileOffset + position) }
    let before = bytes[..<position]
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? (bytes.starts(with: Self.byteOrderMark) ? 3 : 0)
    return VLMError(
      json5Code, "not valid JSON: line \(line), column \(position - start + 1): \(message)", file: file, offset: position)
  }

  func unexpected(_ expected: String, _ code: VLMError.Code = .jsonSyntax) -> VLMError {
    guard let found = byte(at: position) else {
      return failure(code, "the text ends where \(expected) should be")
    }
    if isJSON5, found == UInt8(ascii: "/"), byte(at: position + 1) == UInt8(ascii: "*") {
      return failure(code, "a comment is not closed")
    }
    let shown = (0x21...0x7e).contains(found) ? "'\(Character(UnicodeScalar(found)))'" : "byte \(found)"
    return failure(code, "\(shown) stands where \(expected) should be")
  }

  /// The member of an object that is there already, at `keyOffset`.
  func duplicate(_ key: String, at keyOffset: Int) -> VLMError {
    failure(.jsonSyntax, "the key \"\(key)\" is there twice", at: keyOffset - fileOffset)
  }

  @inline(__always) package mutating func skipWhitespace() {
    while let next = byte(at: position) {
      if next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 {
        position += 1
      } else if !isJSON5 || !skipComment(next) {
        return
      }
    }
  }

  /// Skips a comment, or a blank that only JSON5 has; `false` where there is none, or none that is closed.
  private mutating func skipComment(_ first: UInt8) -> Bool {
    switch (first, byte(at: position + 1)) {
    case (0x0B...0x0C, _): position += 1
    case (0xC2, 0xA0): position += 2
    case (UInt8(ascii: "/"), UInt8(ascii: "/")):
      while let next = byte(at: position), next != 0x0A { position += 1 }
    case (UInt8(ascii: "/"), UInt8(ascii: "*")):
      var end = position + 2
      while byte(at: end) != UInt8(ascii: "*") || byte(at: end + 1) != UInt8(ascii: "/") {
        guard end < bytes.count else { return false }
        end += 1
      }
      position = end + 2
    default: return false
    }
    return true
  }

  /// The first byte of the next value.
  @inline(__always) package mutating func peek() -> UInt8? {
    skipWhitespace()
    return byte(at: position)
  }

  @inline(__always) mutating func take(_ expected: UInt8, _ name: String) throws(VLMError) {
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
      throw failure(.jsonNesting, "nested deeper than \(Self.maximumDepth)")
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
      let key = isJSON5 && !isQuote(peek()) ? try bareKey() : try string()
      try take(UInt8(ascii: ":"), "':'")
      try member(&self, key, keyOffset)
      if try endsAfterElement(UInt8(ascii: "}"), "',' or '}'") { return }
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
      if try endsAfterElement(UInt8(ascii: "]"), "',' or ']'") { return }
    }
  }

  /// Takes a comma, which JSON5 allows before the end too, or the end.
  @inline(__always) private mutating func endsAfterElement(_ end: UInt8, _ wanted: String) throws(VLMError) -> Bool {
    if takeIf(UInt8(ascii: ",")) { return isJSON5 && takeIf(end) }
    try take(end, wanted)
    return true
  }

  /// Reads any value and forgets it.
  package mutating func skipValue() throws(VLMError) {
    switch peek() {
    case UInt8(ascii: "{"): try object { (scanner, _, _) throws(VLMError) in try scanner.skipValue() }
    case UInt8(ascii: "["): try array { (scanner) throws(VLMError) in try scanner.skipValue() }
    case let next where isQuote(next): _ = try string()
    default: try skipScalar()
    }
  }

  /// Checks that nothing but white space is left.
  package mutating func end() throws(VLMError) {
    guard peek() == nil else { throw unexpected("the end of the text", .jsonTrailing) }
  }
}
