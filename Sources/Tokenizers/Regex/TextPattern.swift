internal import Tensors

/// What `Split` and `Replace` look for: a fixed text or a regular expression.
enum TextPattern: Sendable {
  case text([UInt8])
  case regex(RegexProgram)

  /// Looking for a text takes its length times that of the text it is in, at worst.
  private static let longestText = 4096

  /// `{"String": …}` or `{"Regex": …}`.
  init(_ node: JSONNode) throws(VLMError) {
    if let text = node["String"] {
      let bytes = Array(try text.string().utf8)
      guard bytes.count <= Self.longestText else {
        throw text.failure("a text of \(bytes.count) bytes is not looked for, \(Self.longestText) at most")
      }
      self = .text(bytes)
    } else if let regex = node["Regex"] {
      do throws(VLMError) {
        self = .regex(try RegexProgram(try regex.string()))
      } catch {
        throw regex.failure(error.message, code: error.code, remedy: error.remedy)
      }
    } else {
      throw node.failure("should hold 'String' or 'Regex'")
    }
  }

  /// The matches in `limits` of `text`, left to right, not overlapping.
  ///
  /// - Throws: `regex.steps`.
  func matches(
    _ text: UnsafeBufferPointer<UInt8>, in limits: Range<Int>, _ body: (Range<Int>) throws(VLMError) -> Void
  ) throws(VLMError) {
    switch self {
    case .text(let wanted): try Self.find(wanted, text, limits, body)
    case .regex(let program):
      var matcher = RegexMatcher(program, text)
      try Self.find(&matcher, text, limits, body)
    }
  }

  /// The text with `content` in place of every match.
  ///
  /// - Throws: `regex.steps`; `text.limit` as soon as what is put in is more than the budget.
  func replacing(
    _ bytes: [UInt8], with content: [UInt8], _ step: String, _ budget: inout TextBudget
  ) throws(VLMError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    try bytes.withUnsafeBufferPointer { (source) throws(VLMError) in
      var copied = 0
      try matches(source, in: 0..<source.count) { (match) throws(VLMError) in
        try budget.spend(content.count, on: step)
        result += source[copied..<match.lowerBound]
        result += content
        copied = match.upperBound
      }
      result += source[copied...]
    }
    return result
  }

  /// The same for many pieces of one text, with one matcher and so one bound on steps for all: the matches of each piece,
  /// and `nil` at its end.
  func matches(
    _ text: UnsafeBufferPointer<UInt8>, inEach pieces: [Range<Int>],
    _ body: (_ piece: Range<Int>, _ match: Range<Int>?) throws(VLMError) -> Void
  ) throws(VLMError) {
    var matcher: RegexMatcher?
    if case .regex(let program) = self { matcher = RegexMatcher(program, text) }
    for piece in pieces {
      let each = { (match: Range<Int>) throws(VLMError) in try body(piece, match) }
      if case .text(let wanted) = self {
        try Self.find(wanted, text, piece, each)
      } else {
        try Self.find(&matcher!, text, piece, each)
      }
      try body(piece, nil)
    }
  }

  private static func find(
    _ wanted: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ limits: Range<Int>,
    _ body: (Range<Int>) throws(VLMError) -> Void
  ) throws(VLMError) {
    guard let first = wanted.first else { return }
    var position = limits.lowerBound
    while position + wanted.count <= limits.upperBound {
      if text[position] == first, (1..<wanted.count).allSatisfy({ text[position + $0] == wanted[$0] }) {
        try body(position..<position + wanted.count)
        position += wanted.count
      } else {
        position += 1
      }
    }
  }

  private static func find(
    _ matcher: inout RegexMatcher, _ text: UnsafeBufferPointer<UInt8>, _ limits: Range<Int>,
    _ body: (Range<Int>) throws(VLMError) -> Void
  ) throws(VLMError) {
    var position = limits.lowerBound
    var lastEnd = -1
    while position <= limits.upperBound {
      if let end = try matcher.match(at: position, in: limits), !(end == position && end == lastEnd) {
        try body(position..<end)
        lastEnd = end
        if end > position {
          position = end
          continue
        }
      }
      guard position < limits.upperBound else { return }
      position += UTF8Text.length(text[position])
    }
  }
}
