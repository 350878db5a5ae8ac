/// How many terminal columns text takes, and how to make it take fewer.
extension Character {
  /// Columns this character takes: 2 for East Asian wide characters and emoji, 0 for lone combining marks, else 1.
  package var columns: Int {
    var widest = 0
    for scalar in unicodeScalars {
      if scalar.value == 0xFE0F { return 2 }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format, .control: continue
      default: widest = max(widest, scalar.isWide ? 2 : 1)
      }
    }
    return widest
  }
}

extension StringProtocol {
  /// Columns this text takes on a terminal, without any escape sequences.
  package var columns: Int {
    utf8.allSatisfy { (0x20..<0x7F).contains($0) } ? utf8.count : reduce(0) { $0 + $1.columns }
  }
}

extension String {
  /// This text in at most `limit` columns: the middle gives way to one ellipsis, so that both ends stay readable.
  package func shortenedInMiddle(to limit: Int, ellipsis: String = "…") -> String {
    guard columns > limit else { return self }
    let room = limit - ellipsis.columns
    guard room > 0 else { return String(ellipsis.prefix(max(0, limit))) }
    let tail = suffixOfColumns(room - room / 2)
    return prefixOfColumns(room - tail.columns) + ellipsis + tail
  }

  /// This text with control characters, bidirectional overrides and line breaks written as `\u{…}`.
  ///
  /// Names come from files; none of them may move the cursor or hide what follows.
  package var printable: String {
    let harmless = unicodeScalars.allSatisfy { !$0.isHarmfulOnTerminal }
    if harmless { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isHarmfulOnTerminal {
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private func prefixOfColumns(_ limit: Int) -> String {
    var taken = 0
    return String(
      prefix { character in
        taken += character.columns
        return taken <= limit
      })
  }

  private func suffixOfColumns(_ limit: Int) -> String {
    String(String(reversed()).prefixOfColumns(limit).reversed())
  }
}

extension Unicode.Scalar {
  fileprivate var isWide: Bool {
    // The wide and fullwidth ranges of Unicode's EastAsianWidth.txt, joined where only unassigned points lie between.
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1FAFF,
      0x20000...0x3FFFD:
      true
    default: properties.isEmojiPresentation
    }
  }

  fileprivate var isHarmfulOnTerminal: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
