internal import Tensors

/// Cuts a template into tokens, with the white-space rules that transformers sets: `trim_blocks` (a line feed after a
/// block goes) and `lstrip_blocks` (white space before a block that begins its line goes).
struct JinjaLexer {
  static let maximumSource = 4 << 20

  let source: [UnicodeScalar]
  let file: String
  var position = 0
  var line = 1
  var tokens: [JinjaToken] = []
  /// Whether the place after the last tag is the beginning of a line.
  private var startsLine = true

  /// - Throws: `file.syntax` with the line.
  static func tokens(of text: String, file: String) throws(VLMError) -> [JinjaToken] {
    var scalars: [UnicodeScalar] = []
    var previous: UnicodeScalar?
    for scalar in text.unicodeScalars {
      if scalar == "\r" {
        scalars.append("\n")
      } else if !(scalar == "\n" && previous == "\r") {
        scalars.append(scalar)
      }
      previous = scalar
    }
    // As Jinja without keep_trailing_newline.
    if scalars.last == "\n" { scalars.removeLast() }
    var lexer = Self(source: scalars, file: file)
    guard scalars.count <= maximumSource else { throw lexer.failure("the template is too long") }
    try lexer.run()
    return lexer.tokens
  }

  private init(source: [UnicodeScalar], file: String) {
    self.source = source
    self.file = file
  }

  func failure(_ message: String) -> VLMError {
    VLMError(.templateSyntax, "line \(line): \(message)", file: file)
  }

  func looking(at text: String, from start: Int? = nil) -> Bool {
    var index = start ?? position
    for scalar in text.unicodeScalars {
      guard index < source.count, source[index] == scalar else { return false }
      index += 1
    }
    return true
  }

  mutating func advance(_ count: Int) {
    for _ in 0..<count {
      if source[position] == "\n" { line += 1 }
      position += 1
    }
  }

  mutating func add(_ kind: JinjaToken.Kind) { tokens.append(JinjaToken(kind: kind, line: line)) }

  private mutating func run() throws(VLMError) {
    while position < source.count {
      let start = position
      let startLine = line
      while position < source.count, !(looking(at: "{{") || looking(at: "{%") || looking(at: "{#")) {
        advance(1)
      }
      let text = source[start..<position]
      guard position < source.count else {
        addText(text, line: startLine)
        return
      }
      let isOutput = looking(at: "{{")
      let isComment = looking(at: "{#")
      advance(2)
      let sign = position < source.count ? source[position] : " "
      addText(stripped(text, before: sign, isOutput: isOutput), line: startLine)
      if sign == "-" || (sign == "+" && !isOutput) { advance(1) }
      if isComment {
        try skipComment()
      } else if isOutput {
        add(.outputBegin)
        try readTag(end: "}}", .outputEnd)
      } else if try !skipRaw() {
        add(.blockBegin)
        try readTag(end: "%}", .blockEnd)
      }
    }
  }

  private mutating func addText(_ text: ArraySlice<UnicodeScalar>, line: Int) {
    if text.isEmpty { return }
    tokens.append(JinjaToken(kind: .text(String(String.UnicodeScalarView(text))), line: line))
  }

  /// The text without the white space that the tag after it takes.
  private func stripped(
    _ text: ArraySlice<UnicodeScalar>, before sign: UnicodeScalar, isOutput: Bool
  ) -> ArraySlice<UnicodeScalar> {
    if sign == "-" {
      var text = text
      while let last = text.last, last.properties.isWhitespace { text.removeLast() }
      return text
    }
    guard sign != "+", !isOutput else { return text }
    let lineStart = text.lastIndex(of: "\n").map { $0 + 1 } ?? text.startIndex
    guard lineStart > text.startIndex || startsLine else { return text }
    return text[lineStart...].allSatisfy(\.properties.isWhitespace) ? text[..<lineStart] : text
  }

  /// After a tag's end: `-` takes all white space, otherwise a block takes one line feed.
  private mutating func finishTag(sign: UnicodeScalar?, isOutput: Bool) {
    if sign == "-" {
      while position < source.count, source[position].properties.isWhitespace { advance(1) }
    } else if sign == nil, !isOutput, position < source.count, source[position] == "\n" {
      advance(1)
    }
    startsLine = source[position - 1] == "\n"
  }

  private mutating func skipComment() throws(VLMError) {
    let start = line
    while position < source.count {
      if looking(at: "#}") {
        let before = source[position - 1]
        let sign = before == "-" || before == "+" ? before : nil
        advance(2)
        finishTag(sign: sign, isOutput: false)
        return
      }
      advance(1)
    }
    line = start
    throw failure("a comment '{#' does not end")
  }

  /// `{% raw %}…{% endraw %}`, when the block just begun is one.
  private mutating func skipRaw() throws(VLMError) -> Bool {
    var probe = position
    while probe < source.count, source[probe].properties.isWhitespace { probe += 1 }
    guard looking(at: "raw", from: probe) else { return false }
    probe += 3
    while probe < source.count, source[probe].properties.isWhitespace { probe += 1 }
    let endSign = probe < source.count && (source[probe] == "-" || source[probe] == "+") ? source[probe] : nil
    if endSign != nil { probe += 1 }
    guard looking(at: "%}", from: probe) else { return false }
    advance(probe + 2 - position)
    finishTag(sign: endSign, isOutput: false)
    // As in Jinja, nothing after it is no error.
    if position == source.count { return true }
    let start = position
    let startLine = line
    while position < source.count {
      if looking(at: "{%"), let (sign, length, close) = rawEnd() {
        let text = stripped(source[start..<position], before: sign, isOutput: false)
        addText(text, line: startLine)
        advance(length)
        finishTag(sign: close, isOutput: false)
        return true
      }
      advance(1)
    }
    line = startLine
    throw failure("'{% raw %}' does not end")
  }

  /// At `{% endraw %}`: the sign after `{%`, the length of the tag, the sign before `%}`.
  private func rawEnd() -> (UnicodeScalar, Int, UnicodeScalar?)? {
    var probe = position + 2
    let sign = probe < source.count ? source[probe] : " "
    if sign == "-" || sign == "+" { probe += 1 }
    while probe < source.count, source[probe].properties.isWhitespace { probe += 1 }
    guard looking(at: "endraw", from: probe) else { return nil }
    probe += 6
    while probe < source.count, source[probe].properties.isWhitespace { probe += 1 }
    let close = probe < source.count && (source[probe] == "-" || source[probe] == "+") ? source[probe] : nil
    if close != nil { probe += 1 }
    return looking(at: "%}", from: probe) ? (sign, probe + 2 - position, close) : nil
  }

  /// Tokens up to the tag's end, which may stand only outside brackets.
  private mutating func readTag(end: String, _ endKind: JinjaToken.Kind) throws(VLMError) {
    let start = line
    var open: [UnicodeScalar] = []
    while position < source.count {
      let next = source[position]
      if next.properties.isWhitespace {
        advance(1)
        continue
      }
      if open.isEmpty {
        let sign = (next == "-" || next == "+") && looking(at: end, from: position + 1) ? next : nil
        if looking(at: end) || sign != nil {
          advance(sign == nil ? 2 : 3)
          add(endKind)
          finishTag(sign: sign, isOutput: endKind == .outputEnd)
          return
        }
      }
      switch next {
      case "(", "[", "{": open.append(next == "(" ? ")" : next == "[" ? "]" : "}")
      case ")", "]", "}":
        guard open.popLast() == next else { throw failure("'\(next)' closes nothing") }
      default: break
      }
      try readToken()
    }
    line = start
    throw failure("a tag does not end with '\(end)'")
  }
}
