internal import Tensors

/// Rewrites a text before it is cut: what `normalizer` in `tokenizer.json` says.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case unicode(UnicodeNormalization)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case replace(TextPattern, with: [UInt8])
  case prepend([UInt8])
  case precompiled(PrecompiledMap)
  case bert(BertNormalizer)
  case nmt
  case byteLevel

  /// - Throws: `file.kind` for a type that is not known, `file.field`, `regex.syntax`, `normalizer.charsmap`.
  init(_ node: JSONNode) throws(VLMError) {
    let kind = try node.required("type").string()
    switch kind {
    case "Sequence":
      var parts: [Normalizer] = []
      for element in try node.required("normalizers").array() { parts.append(try Normalizer(element)) }
      self = .sequence(parts)
    case "NFC", "NFD", "NFKC", "NFKD": self = .unicode(UnicodeNormalization(rawValue: kind)!)
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: try node.bool("strip_left", default: true), right: try node.bool("strip_right", default: true))
    case "StripAccents": self = .stripAccents
    case "Replace":
      self = .replace(
        try TextPattern(try node.required("pattern")), with: Array(try node.required("content").string().utf8)
      )
    case "Prepend": self = .prepend(Array(try node.required("prepend").string().utf8))
    case "Precompiled":
      // Without a map there is nothing to do: models trained with sentencepiece's "identity".
      guard let map = node["precompiled_charsmap"] else {
        self = .sequence([])
        return
      }
      self = .precompiled(try PrecompiledMap(map))
    case "BertNormalizer": self = .bert(try BertNormalizer(node))
    case "Nmt": self = .nmt
    case "ByteLevel": self = .byteLevel
    default:
      throw node.failure(
        "the normalizer '\(kind)' is not known", code: .tokenizerKind, remedy: "report the model")
    }
  }

  /// The step's name in the file, for messages.
  private var name: String {
    switch self {
    case .sequence: "Sequence"
    case .unicode(let form): form.rawValue
    case .lowercase: "Lowercase"
    case .strip: "Strip"
    case .stripAccents: "StripAccents"
    case .replace: "Replace"
    case .prepend: "Prepend"
    case .precompiled: "Precompiled"
    case .bert: "BertNormalizer"
    case .nmt: "Nmt"
    case .byteLevel: "ByteLevel"
    }
  }

  /// - Throws: `regex.steps`, `text.limit`.
  func apply(to bytes: inout [UInt8], _ budget: inout TextBudget) throws(VLMError) {
    if case .sequence(let parts) = self {
      for part in parts { try part.apply(to: &bytes, &budget) }
      return
    }
    let step = "normalizer \(name)"
    try rewrite(&bytes, step, &budget)
    try budget.spend(bytes.count, on: step)
  }

  /// One step. What may make much of little spends from the budget as it goes.
  private func rewrite(_ bytes: inout [UInt8], _ step: String, _ budget: inout TextBudget) throws(VLMError) {
    switch self {
    case .sequence: break
    case .unicode(let form): bytes = form.apply(to: bytes)
    case .lowercase: Self.lowercase(&bytes)
    case .strip(let left, let right): Self.strip(&bytes, left: left, right: right)
    case .stripAccents: Self.filter(&bytes) { !ScalarProperties.isCombiningMark($0) }
    case .replace(let pattern, let content):
      bytes = try pattern.replacing(bytes, with: content, step, &budget)
    case .prepend(let prefix): if !bytes.isEmpty { bytes.insert(contentsOf: prefix, at: 0) }
    case .precompiled(let map): bytes = try map.apply(to: bytes, step, &budget)
    case .bert(let bert): bert.apply(to: &bytes)
    case .nmt: Self.nmt(&bytes)
    case .byteLevel:
      var mapped: [UInt8] = []
      bytes.withUnsafeBufferPointer { ByteLevelAlphabet.append($0, 0..<$0.count, to: &mapped) }
      bytes = mapped
    }
  }

  /// Rewrites scalar by scalar; `body` appends what takes a scalar's place.
  static func rewrite(_ bytes: inout [UInt8], _ body: (UInt32, inout [UInt8]) -> Void) {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { source in
      UTF8Text.forEach(source, in: 0..<source.count) { value, _ in body(value, &result) }
    }
    bytes = result
  }

  static func filter(_ bytes: inout [UInt8], _ isKept: (UInt32) -> Bool) {
    rewrite(&bytes) { if isKept($0) { UTF8Text.append($0, to: &$1) } }
  }

  /// Every scalar by itself: a final sigma is not told from another, as in Rust's `char::to_lowercase`.
  static func lowercase(_ bytes: inout [UInt8]) {
    rewrite(&bytes) { value, result in
      if value < 0x80 {
        result.append((0x41...0x5A).contains(value) ? UInt8(value) | 0x20 : UInt8(value))
      } else if let scalar = UnicodeScalar(value) {
        result += scalar.properties.lowercaseMapping.utf8
      }
    }
  }

  private static func strip(_ bytes: inout [UInt8], left: Bool, right: Bool) {
    var (start, end) = (0, bytes.count)
    bytes.withUnsafeBufferPointer { source in
      while left, start < end {
        let (value, length) = UTF8Text.scalar(source, at: start)
        guard ScalarProperties.isWhitespace(value) else { break }
        start += length
      }
      while right, end > start {
        let before = UTF8Text.before(source, end)
        guard ScalarProperties.isWhitespace(UTF8Text.scalar(source, at: before).value) else { break }
        end = before
      }
    }
    if start > 0 || end < bytes.count { bytes = Array(bytes[start..<end]) }
  }

  /// sentencepiece's NMT rules: some controls go, other white space and joiners become spaces.
  private static func nmt(_ bytes: inout [UInt8]) {
    rewrite(&bytes) { value, result in
      switch value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        result.append(0x20)
      default: UTF8Text.append(value, to: &result)
      }
    }
  }
}
