internal import Foundation

/// The four Unicode normal forms, over UTF-8, as the crate behind `tokenizers` has them: Unicode 9.
///
/// A scalar that came later is left alone and lets nothing move or join across it; nothing older composes to or
/// with one, by Unicode's stability policy.
enum UnicodeNormalization: String, Sendable {
  case nfc = "NFC"
  case nfd = "NFD"
  case nfkc = "NFKC"
  case nfkd = "NFKD"

  func apply(to bytes: [UInt8]) -> [UInt8] {
    guard let firstChange = bytes.firstIndex(where: { $0 >= (self == .nfc ? 0xCC : 0x80) }) else {
      return bytes
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count >> 3)
    bytes.withUnsafeBufferPointer { source in
      // Runs of scalars that may change, each with the starter before it; all else is copied.
      var copied = 0
      var previous = firstChange > 0 ? firstChange - 1 : 0
      while previous > 0, source[previous] & 0xC0 == 0x80 { previous -= 1 }
      var position = firstChange
      while position < source.count {
        let (value, length) = UTF8Text.scalar(source, at: position)
        guard mayChange(value) else {
          previous = position
          position += length
          continue
        }
        let start = previous
        var end = position + length
        while end < source.count {
          let (next, nextLength) = UTF8Text.scalar(source, at: end)
          guard mayChange(next) else { break }
          end += nextLength
        }
        result += source[copied..<start]
        normalize(UnsafeBufferPointer(rebasing: source[start..<end]), into: &result)
        copied = end
        previous = end
        position = end
      }
      result += source[copied...]
    }
    return result
  }

  /// Whether a scalar may be other than a starter that stays as it is and joins nothing before it.
  private func mayChange(_ value: UInt32) -> Bool {
    if value < 0x80 { return false }
    if self == .nfc {
      if value < 0x300 { return false }
      // Latin Extended to Cyrillic, kana, CJK and Hangul syllables: whole blocks without such scalars.
      switch value {
      case 0x390...0x482, 0x48A...0x590, 0x1E00...0x1F70, 0x3041...0x3098, 0x30A0...0xA66E, 0xAC00...0xD7A3:
        return false
      default: return true
      }
    }
    return true
  }

  private func normalize(_ run: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) {
    var start = 0
    var position = 0
    while position < run.count {
      let (value, length) = UTF8Text.scalar(run, at: position)
      if value >= 0x300, let scalar = UnicodeScalar(value), !ScalarProperties.isAssigned(scalar, by: 9) {
        append(run[start..<position], to: &result)
        result += run[position..<position + length]
        start = position + length
      }
      position += length
    }
    append(run[start..<position], to: &result)
  }

  private func append(_ part: Slice<UnsafeBufferPointer<UInt8>>, to result: inout [UInt8]) {
    if part.isEmpty { return }
    let text = Self.orderingMarks(of: String(decoding: part, as: UTF8.self))
    switch self {
    case .nfd: result += text.decomposedStringWithCanonicalMapping.utf8
    case .nfkd: result += text.decomposedStringWithCompatibilityMapping.utf8
    case .nfc: Self.compose(text, into: &result)
    case .nfkc: Self.compose(text.decomposedStringWithCompatibilityMapping, into: &result)
    }
  }

  /// The text with long runs of marks in canonical order, which normalizing leaves as they are then.
  ///
  /// Foundation sorts them by exchanging neighbours: a hundred thousand marks on one letter would take minutes.
  private static func orderingMarks(of text: String) -> String {
    var run: [UnicodeScalar] = []
    var result = String.UnicodeScalarView()
    var isOrdered = true
    func flush() {
      if run.count > 32 {
        // Stable, for marks of one class keep their order.
        run = run.enumerated().sorted { ($0.1.combiningClass, $0.0) < ($1.1.combiningClass, $1.0) }.map(\.element)
        isOrdered = false
      }
      result.append(contentsOf: run)
      run.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      if scalar.combiningClass == 0 { flush() }
      run.append(scalar)
    }
    flush()
    return isOrdered ? text : String(result)
  }

  /// NFC. Hangul, which composes by arithmetic and only side by side, is done here: Foundation on Linux leaves
  /// `가` + final consonant apart and turns old jamo into U+FFFD.
  private static func compose(_ text: String, into result: inout [UInt8]) {
    var others = String.UnicodeScalarView()
    var pending: UInt32?
    func flushOthers() {
      if others.isEmpty { return }
      result += String(others).precomposedStringWithCanonicalMapping.utf8
      others = String.UnicodeScalarView()
    }
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if let joined = pending.flatMap({ Hangul.join($0, value) }) {
        pending = joined
        continue
      }
      if let pending { UTF8Text.append(pending, to: &result) }
      pending = nil
      if Hangul.contains(value) {
        flushOthers()
        pending = value
      } else {
        others.append(scalar)
      }
    }
    if let pending { UTF8Text.append(pending, to: &result) }
    flushOthers()
  }
}

extension UnicodeScalar {
  /// The class by which marks on one letter are ordered; 0 for what is no mark.
  fileprivate var combiningClass: UInt8 {
    value < 0x300 ? 0 : properties.canonicalCombiningClass.rawValue
  }
}

/// Conjoining jamo and the syllables they make (The Unicode Standard, 3.12).
private enum Hangul {
  static func contains(_ value: UInt32) -> Bool {
    (0x1100...0x11FF).contains(value) || (0xAC00...0xD7A3).contains(value)
  }

  /// The syllable of leading consonant and vowel, or of syllable and final consonant.
  static func join(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
      return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if (0xAC00...0xD7A3).contains(first), (first - 0xAC00) % 28 == 0, (0x11A8...0x11C2).contains(second) {
      return first + second - 0x11A7
    }
    return nil
  }
}
