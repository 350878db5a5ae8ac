internal import Tensors

/// BERT's cleaning: controls go, white space becomes spaces, CJK characters stand apart, accents and case go.
struct BertNormalizer: Sendable {
  let cleansText: Bool
  let separatesChinese: Bool
  let stripsAccents: Bool
  let lowercases: Bool

  init(_ node: JSONNode) throws(VLMError) {
    cleansText = try node.bool("clean_text", default: true)
    separatesChinese = try node.bool("handle_chinese_chars", default: true)
    lowercases = try node.bool("lowercase", default: true)
    stripsAccents = try node.bool("strip_accents", default: lowercases)
  }

  func apply(to bytes: inout [UInt8]) {
    if cleansText {
      Normalizer.rewrite(&bytes) { value, result in
        if value == 0 || value == 0xFFFD || Self.isControl(value) { return }
        UTF8Text.append(ScalarProperties.isWhitespace(value) ? 0x20 : value, to: &result)
      }
    }
    if separatesChinese {
      Normalizer.rewrite(&bytes) { value, result in
        let stands = Self.isChinese(value)
        if stands { result.append(0x20) }
        UTF8Text.append(value, to: &result)
        if stands { result.append(0x20) }
      }
    }
    if stripsAccents {
      bytes = UnicodeNormalization.nfd.apply(to: bytes)
      Normalizer.filter(&bytes) { !Self.isAccent($0) }
    }
    if lowercases { Normalizer.lowercase(&bytes) }
  }

  /// Categories Cc, Cf, Cn and Co but tab, line feed and carriage return.
  private static func isControl(_ value: UInt32) -> Bool {
    if value == 0x09 || value == 0x0A || value == 0x0D { return false }
    guard let scalar = UnicodeScalar(value) else { return true }
    switch scalar.properties.generalCategory {
    case .control, .privateUse: return true
    case .format: return ScalarProperties.isAssigned(scalar, by: 8)
    default: return false
    }
  }

  /// Nonspacing marks of Unicode 8.
  private static func isAccent(_ value: UInt32) -> Bool {
    switch value {
    case 0..<0x300, 0x1885, 0x1886, 0xA9BD, 0x111C9: return false
    case 0x1734, 0x1171E: return true  // Reclassified since.
    default:
      guard let scalar = UnicodeScalar(value), ScalarProperties.isAssigned(scalar, by: 8) else {
        return false
      }
      return scalar.properties.generalCategory == .nonspacingMark
    }
  }

  private static func isChinese(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
