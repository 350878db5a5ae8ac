/// What `\p{..}` and `[:..:]` can name.
enum RegexProperty {
  static let named: [String: ScalarClass.Part] = {
    typealias Categories = ScalarProperties.Categories
    func set(_ categories: Categories) -> ScalarClass.Part { .categories(categories.rawValue) }
    func range(_ bounds: ClosedRange<UInt32>...) -> ScalarClass.Part { .union(bounds.map { .range($0) }) }
    var result: [String: ScalarClass.Part] = [
      "l": set(.letters), "letter": set(.letters), "lu": set(.upper), "ll": set(.lower), "lt": set(.title),
      "lm": set(.modifierLetter), "lo": set(.otherLetter),
      "uppercaseletter": set(.upper), "lowercaseletter": set(.lower),
      "m": set(.marks), "mark": set(.marks), "mn": set(.bit(.nonspacingMark)), "mc": set(.bit(.spacingMark)),
      "me": set(.bit(.enclosingMark)),
      "n": set(.numbers), "number": set(.numbers), "nd": set(.decimals), "nl": set(.bit(.letterNumber)),
      "no": set(.bit(.otherNumber)),
      "p": set(.punctuation), "punctuation": set(.punctuation), "pc": set(.connectors),
      "pd": set(.bit(.dashPunctuation)), "ps": set(.bit(.openPunctuation)),
      "pe": set(.bit(.closePunctuation)), "pi": set(.bit(.initialPunctuation)),
      "pf": set(.bit(.finalPunctuation)), "po": set(.bit(.otherPunctuation)),
      "s": set(.symbols), "symbol": set(.symbols), "sm": set(.bit(.mathSymbol)),
      "sc": set(.bit(.currencySymbol)), "sk": set(.bit(.modifierSymbol)), "so": set(.bit(.otherSymbol)),
      "z": set(.separators), "separator": set(.separators), "zs": set(.bit(.spaceSeparator)),
      "zl": set(.bit(.lineSeparator)), "zp": set(.bit(.paragraphSeparator)),
      "c": set(.others), "other": set(.others), "cc": set(.bit(.control)), "cf": set(.bit(.format)),
      "cn": set(.bit(.unassigned)), "co": set(.bit(.privateUse)),
      "space": .whitespace, "whitespace": .whitespace, "word": .word, "digit": set(.decimals),
      "cntrl": set(.bit(.control)), "any": .not(.union([])), "ascii": range(0...0x7F),
      "xdigit": range(0x30...0x39, 0x41...0x46, 0x61...0x66),
    ]
    // Scripts that published patterns cut at; the ranges of Unicode 16's Scripts.txt.
    result["han"] = range(
      0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
      0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
      0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1,
      0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF)
    return result
  }()
}
