internal import Tensors

/// What `Split` and `Replace` look for: a fixed text or a regular expression.
enum TextPattern: Sendable {
  case text([UInt8])
  case regex(RegexProgram)

  /// `{"String": …}` or `{"Regex": …}`.
  init(_ node: JSONNode) throws(VLMError) {
    if let text = node["String"] {
      self = .text(Array(try text.string().utf8))
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
    _ text: UnsafeBufferPointer<UInt8>, in limits: Range<Int>, _ body: (Range<Int>) -> Void
  ) throws(VLMError) {
    switch self {
    case .text(let wanted): Self.find(wanted, text, limits, body)
    case .regex(let program):
      var matcher = RegexMatcher(program, text)
      try Self.find(&matcher, text, limits, body)
    }
  }

  /// The same for many pieces of one text, with one matcher and so one bound on steps for all.
  func matches(
    _ text: UnsafeBufferPointer<UInt8>, inEach pieces: [Range<Int>],
    _ body: (_ piece: Range<Int>, _ match: Range<Int>?) -> Void
  ) throws(VLMError) {
    var matcher: RegexMatcher?
    if case .regex(let program) = self { matcher = RegexMatcher(program, text) }
    for piece in pieces {
      if case .text(let wanted) = self {
        Self.find(wanted, text, piece) { body(piece, $0) }
      } else {
        try Self.find(&matcher!, text, piece) { body(piece, $0) }
      }
      body(piece, nil)
    }
  }

  private static func find(
    _ wanted: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ limits: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    guard let first = wanted.first else { return }
    var position = limits.lowerBound
    while position + wanted.count <= limits.upperBound {
      if text[position] == first, (1..<wanted.count).allSatisfy({ text[position + $0] == wanted[$0] }) {
        body(position..<position + wanted.count)
        position += wanted.count
      } else {
        position += 1
      }
    }
  }

  private static func find(
    _ matcher: inout RegexMatcher, _ text: UnsafeBufferPointer<UInt8>, _ limits: Range<Int>,
    _ body: (Range<Int>) -> Void
  ) throws(VLMError) {
    var position = limits.lowerBound
    var lastEnd = -1
    while position <= limits.upperBound {
      if let end = try matcher.match(at: position, in: limits), !(end == position && end == lastEnd) {
        body(position..<end)
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
