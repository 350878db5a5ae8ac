internal import Tensors

/// Cuts a normalized text into the words that the model tokenizes one by one.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case byteLevel(addPrefixSpace: Bool, split: RegexProgram?)
  case metaspace(Metaspace)
  case digits(individual: Bool)
  case punctuation(SplitBehavior)
  case whitespace
  case whitespaceSplit
  case bert
  case delimiter(UnicodeScalar)

  /// GPT-2's cuts, which `ByteLevel` makes by itself.
  static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// - Throws: `file.kind` for a type that is not known, `file.field`, `regex.syntax`.
  init(_ node: JSONNode) throws(VLMError) {
    let kind = try node.required("type").string()
    switch kind {
    case "Sequence":
      var parts: [PreTokenizer] = []
      for element in try node.required("pretokenizers").array() { parts.append(try PreTokenizer(element)) }
      self = .sequence(parts)
    case "Split":
      self = .split(
        try TextPattern(try node.required("pattern")), try SplitBehavior(try node.required("behavior")),
        inverted: try node.bool("invert", default: false))
    case "ByteLevel":
      let splits = try node.bool("use_regex", default: true)
      self = .byteLevel(
        addPrefixSpace: try node.bool("add_prefix_space", default: true),
        split: splits ? try RegexProgram(Self.gpt2Pattern) : nil)
    case "Metaspace": self = .metaspace(try Metaspace(node))
    case "Digits": self = .digits(individual: try node.bool("individual_digits", default: false))
    case "Punctuation":
      self = .punctuation(
        try node["behavior"].map { (node) throws(VLMError) in try SplitBehavior(node) } ?? .isolated)
    case "Whitespace": self = .whitespace
    case "WhitespaceSplit": self = .whitespaceSplit
    case "BertPreTokenizer": self = .bert
    case "CharDelimiterSplit": self = .delimiter(try node.required("delimiter").scalar())
    default:
      throw node.failure(
        "the pre-tokenizer '\(kind)' is not known", code: .tokenizerKind, remedy: "report the model")
    }
  }

  /// Whether what begins the input is treated differently.
  var asksForStart: Bool {
    switch self {
    case .sequence(let parts): parts.contains(where: \.asksForStart)
    case .metaspace(let metaspace): metaspace.scheme == .first
    default: false
    }
  }

  /// - Throws: `regex.steps`, `text.limit`.
  func apply(to text: inout PieceText, _ budget: inout TextBudget) throws(VLMError) {
    // None makes more than three times the text; it is their number that has to be bounded.
    try budget.spend(text.bytes.count, on: "a pre-tokenizer")
    switch self {
    case .sequence(let parts): for part in parts { try part.apply(to: &text, &budget) }
    case .split(let pattern, let behavior, let inverted):
      try Self.split(&text, at: pattern, behavior, inverted: inverted)
    case .byteLevel(let addPrefixSpace, let pattern):
      if addPrefixSpace { Self.prefix(&text, with: [0x20]) }
      if let pattern { try Self.split(&text, at: .regex(pattern), .isolated, inverted: false) }
      Self.mapBytes(&text)
    case .metaspace(let metaspace): metaspace.apply(to: &text)
    case .digits(let individual):
      Self.split(&text, individual ? .isolated : .contiguous, ScalarProperties.isNumeric)
    case .punctuation(let behavior): Self.split(&text, behavior, ScalarProperties.isPunctuation)
    case .whitespace: Self.splitWords(&text)
    case .whitespaceSplit: Self.split(&text, .removed, ScalarProperties.isWhitespace)
    case .bert:
      Self.split(&text, .removed, ScalarProperties.isWhitespace)
      Self.split(&text, .isolated, ScalarProperties.isPunctuation)
    case .delimiter(let scalar): Self.split(&text, .removed) { $0 == scalar.value }
    }
  }

  private static func split(
    _ text: inout PieceText, at pattern: TextPattern, _ behavior: SplitBehavior, inverted: Bool
  ) throws(VLMError) {
    var cutter = SplitBehavior.Cutter(behavior, inverted: inverted)
    let pieces = text.pieces
    try text.bytes.withUnsafeBufferPointer { (bytes) throws(VLMError) in
      try pattern.matches(bytes, inEach: pieces) { piece, match in
        if let match { cutter.match(match, in: piece) } else { cutter.finish(piece) }
      }
    }
    text.recut(cutter.cuts)
  }

  /// Cuts at every scalar that `isMatch` names.
  private static func split(_ text: inout PieceText, _ behavior: SplitBehavior, _ isMatch: (UInt32) -> Bool) {
    var cutter = SplitBehavior.Cutter(behavior)
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        UTF8Text.forEach(bytes, in: piece) { value, range in
          if isMatch(value) { cutter.match(range, in: piece) }
        }
        cutter.finish(piece)
      }
    }
    text.recut(cutter.cuts)
  }

  /// `\w+|[^\w\s]+`, what is between left out.
  private static func splitWords(_ text: inout PieceText) {
    var cuts: [Range<Int>] = []
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        var previous = 0
        UTF8Text.forEach(bytes, in: piece) { value, range in
          let kind = ScalarProperties.isWord(value) ? 1 : ScalarProperties.isWhitespace(value) ? 0 : 2
          if kind != 0 {
            if kind == previous {
              cuts[cuts.count - 1] = cuts[cuts.count - 1].lowerBound..<range.upperBound
            } else {
              cuts.append(range)
            }
          }
          previous = kind
        }
      }
    }
    text.recut(cuts)
  }

  /// Puts `prefix` before every piece that does not begin with it.
  static func prefix(_ text: inout PieceText, with prefix: [UInt8]) {
    var result = PieceText(
      reserving: text.bytes.count + text.pieces.count * prefix.count, beginsInput: text.beginsInput)
    for piece in text.pieces {
      let start = result.bytes.count
      if !text.bytes[piece].starts(with: prefix) { result.bytes += prefix }
      result.bytes += text.bytes[piece]
      result.closePiece(from: start)
    }
    text = result
  }

  private static func mapBytes(_ text: inout PieceText) {
    var result = PieceText(reserving: text.bytes.count * 5 / 4, beginsInput: text.beginsInput)
    result.pieces.reserveCapacity(text.pieces.count)
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        let start = result.bytes.count
        ByteLevelAlphabet.append(bytes, piece, to: &result.bytes)
        result.closePiece(from: start)
      }
    }
    text = result
  }
}
