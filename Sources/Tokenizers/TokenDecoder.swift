internal import Tensors

/// Turns the texts of tokens back into text: what `decoder` in `tokenizer.json` says.
indirect enum TokenDecoder: Sendable {
  case sequence([TokenDecoder])
  case byteLevel
  case byteFallback
  case fuse
  case strip(UnicodeScalar, start: Int, stop: Int)
  case replace(TextPattern, with: [UInt8])
  case metaspace(UnicodeScalar, dropsFirst: Bool)
  case wordPiece(prefix: String, cleans: Bool)
  case bpe(suffix: String)

  /// - Throws: `file.kind` for a type that is not known, `file.field`, `regex.syntax`.
  init(_ node: JSONNode) throws(VLMError) {
    let kind = try node.required("type").string()
    switch kind {
    case "Sequence":
      var parts: [TokenDecoder] = []
      for element in try node.required("decoders").array() { parts.append(try TokenDecoder(element)) }
      self = .sequence(parts)
    case "ByteLevel": self = .byteLevel
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Strip":
      let (start, stop) = (try node.required("start").integer(), try node.required("stop").integer())
      guard start >= 0, stop >= 0 else { throw node.failure("start and stop should not be negative") }
      self = .strip(try node.required("content").scalar(), start: start, stop: stop)
    case "Replace":
      self = .replace(
        try TextPattern(try node.required("pattern")), with: Array(try node.required("content").string().utf8)
      )
    case "Metaspace":
      let metaspace = try Metaspace(node)
      self = .metaspace(try node.required("replacement").scalar(), dropsFirst: metaspace.scheme != .never)
    case "WordPiece":
      self = .wordPiece(
        prefix: try node.string("prefix", default: "##"), cleans: try node.bool("cleanup", default: true))
    case "BPEDecoder": self = .bpe(suffix: try node.string("suffix", default: "</w>"))
    default:
      throw node.failure(
        "the decoder '\(kind)' is not known", code: .tokenizerKind, remedy: "report the model")
    }
  }

  /// - Throws: `regex.steps`, `text.limit`.
  func apply(to tokens: [String], _ budget: inout TextBudget) throws(VLMError) -> [String] {
    // A token costs something even when it is empty.
    try budget.spend(tokens.reduce(0) { $0 + $1.utf8.count + 1 }, on: "a decoder")
    switch self {
    case .sequence(let parts):
      var tokens = tokens
      for part in parts { tokens = try part.apply(to: tokens, &budget) }
      return tokens
    case .byteLevel:
      var bytes: [UInt8] = []
      for token in tokens { ByteLevelAlphabet.decode(token, into: &bytes) }
      return [String(decoding: bytes, as: UTF8.self)]
    case .byteFallback: return Self.joinBytes(tokens)
    case .fuse: return [tokens.joined()]
    case .strip(let content, let start, let stop): return tokens.map { Self.strip($0, content, start, stop) }
    case .replace(let pattern, let content):
      return try Self.replace(pattern, in: tokens, with: content, &budget)
    case .metaspace(let replacement, let dropsFirst):
      return tokens.enumerated().map { index, token in
        var text = String.UnicodeScalarView()
        for scalar in token.unicodeScalars {
          if scalar != replacement {
            text.append(scalar)
          } else if index > 0 || !dropsFirst {
            text.append(" ")
          }
        }
        return String(text)
      }
    case .wordPiece(let prefix, let cleans): return Self.joinWordPieces(tokens, prefix, cleans: cleans)
    case .bpe(let suffix):
      return tokens.enumerated().map { index, token in
        suffix.isEmpty ? token : token.replacing(suffix, with: index == tokens.count - 1 ? "" : " ")
      }
    }
  }

  private static func replace(
    _ pattern: TextPattern, in tokens: [String], with content: [UInt8], _ budget: inout TextBudget
  ) throws(VLMError) -> [String] {
    // One after the other, so that all together have one bound on steps.
    var bytes: [UInt8] = []
    var pieces: [Range<Int>] = []
    for token in tokens {
      let start = bytes.count
      bytes += token.utf8
      pieces.append(start..<bytes.count)
    }
    var result: [String] = []
    try bytes.withUnsafeBufferPointer { (source) throws(VLMError) in
      var text: [UInt8] = []
      var copied = 0
      try pattern.matches(source, inEach: pieces) { (piece, match) throws(VLMError) in
        text += source[copied..<(match?.lowerBound ?? piece.upperBound)]
        copied = match?.upperBound ?? piece.upperBound
        if match != nil {
          try budget.spend(content.count, on: "decoder Replace")
          text += content
        } else {
          result.append(String(decoding: text, as: UTF8.self))
          text.removeAll(keepingCapacity: true)
        }
      }
    }
    return result
  }

  /// Runs of `<0x..>` become the text they spell; what is no UTF-8 becomes one U+FFFD a byte.
  private static func joinBytes(_ tokens: [String]) -> [String] {
    var result: [String] = []
    var bytes: [UInt8] = []
    func flush() {
      if bytes.isEmpty { return }
      if let text = String(validating: bytes, as: UTF8.self) {
        result.append(text)
      } else {
        result += Array(repeating: "\u{FFFD}", count: bytes.count)
      }
      bytes = []
    }
    for token in tokens {
      if token.utf8.count == 6, token.hasPrefix("<0x"), token.hasSuffix(">"),
        let byte = UInt8(token.dropFirst(3).prefix(2), radix: 16)
      {
        bytes.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  private static func strip(_ token: String, _ content: UnicodeScalar, _ start: Int, _ stop: Int) -> String {
    var scalars = token.unicodeScalars[...]
    for _ in 0..<start {
      guard scalars.first == content else { break }
      scalars.removeFirst()
    }
    for _ in 0..<stop {
      guard scalars.last == content else { break }
      scalars.removeLast()
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private static func joinWordPieces(_ tokens: [String], _ prefix: String, cleans: Bool) -> [String] {
    tokens.enumerated().map { index, token in
      var text = token
      if index > 0 {
        if !prefix.isEmpty, token.utf8.starts(with: prefix.utf8) {
          text = String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        } else {
          text = " " + token
        }
      }
      return cleans ? clean(text) : text
    }
  }

  /// Takes out the spaces that English writes none at.
  private static func clean(_ text: String) -> String {
    var text = text
    for (from, to) in [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ] { text = text.replacing(from, with: to) }
    return text
  }
}
