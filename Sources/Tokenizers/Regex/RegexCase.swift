/// Simple case folding: scalars that are one another's upper or lower case.
enum RegexCase {
  static func fold(_ scalar: UnicodeScalar) -> UnicodeScalar {
    switch scalar.value {
    case 0x17F: return "s"
    case 0x212A: return "k"
    case 0x212B: return "\u{E5}"
    case 0x3C2: return "\u{3C3}"
    default:
      let lower = scalar.properties.lowercaseMapping.unicodeScalars
      return lower.count == 1 ? lower.first! : scalar
    }
  }

  /// Every scalar that folds to what `scalar` folds to.
  static func variants(of scalar: UnicodeScalar) -> [UInt32] {
    let folded = fold(scalar)
    var result: Set<UInt32> = [scalar.value, folded.value]
    for candidate in [folded.properties.uppercaseMapping, folded.properties.titlecaseMapping] {
      let mapped = candidate.unicodeScalars
      if mapped.count == 1, let only = mapped.first, fold(only) == folded { result.insert(only.value) }
    }
    for other in [0x17F, 0x212A, 0x212B, 0x3C2] as [UInt32] where fold(UnicodeScalar(other)!) == folded {
      result.insert(other)
    }
    return result.sorted()
  }
}
