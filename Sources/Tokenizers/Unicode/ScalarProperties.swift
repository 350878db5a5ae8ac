/// Unicode properties as the libraries behind `tokenizers` know them, which follow different Unicode versions.
///
/// A scalar that came later than a library's version is unassigned to it: `properties.age` tells. Checked scalar by
/// scalar against the Python package (`fixtures/oracle/make_tokenizers.py`, `unicode.json`).
enum ScalarProperties {
  typealias Category = Unicode.GeneralCategory

  /// Bits of a set of categories.
  struct Categories: OptionSet {
    let rawValue: UInt32
    static let letters: Categories = [.upper, .lower, .title, .modifierLetter, .otherLetter]
    static let upper = bit(.uppercaseLetter)
    static let lower = bit(.lowercaseLetter)
    static let title = bit(.titlecaseLetter)
    static let modifierLetter = bit(.modifierLetter)
    static let otherLetter = bit(.otherLetter)
    static let marks: Categories = [
      bit(.nonspacingMark), bit(.spacingMark), bit(.enclosingMark),
    ]
    static let decimals = bit(.decimalNumber)
    static let numbers: Categories = [bit(.decimalNumber), bit(.letterNumber), bit(.otherNumber)]
    static let connectors = bit(.connectorPunctuation)
    static let punctuation: Categories = [
      bit(.connectorPunctuation), bit(.dashPunctuation), bit(.openPunctuation), bit(.closePunctuation),
      bit(.initialPunctuation), bit(.finalPunctuation), bit(.otherPunctuation),
    ]
    static let symbols: Categories = [
      bit(.mathSymbol), bit(.currencySymbol), bit(.modifierSymbol), bit(.otherSymbol),
    ]
    static let separators: Categories = [
      bit(.spaceSeparator), bit(.lineSeparator), bit(.paragraphSeparator),
    ]
    static let others: Categories = [
      bit(.control), bit(.format), bit(.surrogate), bit(.privateUse), bit(.unassigned),
    ]

    static func bit(_ category: Category) -> Categories { Categories(rawValue: 1 << number(category)) }
  }

  /// The category's number, 0 to 29, in Unicode's order.
  static func number(_ category: Category) -> UInt8 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }

  /// Whether Unicode had the scalar in `major`.0 or before.
  static func isAssigned(_ scalar: UnicodeScalar, by major: Int, minor: Int = 0) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return (age.major, age.minor) <= (major, minor)
  }

  /// The category number as Oniguruma sees it: Unicode 16.
  static func category(_ value: UInt32) -> UInt8 {
    guard let scalar = UnicodeScalar(value) else { return number(.surrogate) }
    let category = scalar.properties.generalCategory
    if value < 0x300 { return value == 0x295 ? number(.lowercaseLetter) : number(category) }
    switch category {
    case .unassigned, .privateUse, .surrogate: return number(category)
    default:
      if value == 0x295 { return number(.lowercaseLetter) }  // Moved to Lo in Unicode 17.
      return isAssigned(scalar, by: 16) ? number(category) : number(.unassigned)
    }
  }

  /// White_Space, the same in every version.
  @inline(__always) static func isWhitespace(_ value: UInt32) -> Bool {
    if value < 0x80 { return value == 0x20 || (value >= 0x09 && value <= 0x0D) }
    switch value {
    case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
    default: return false
    }
  }

  /// `\w` of Rust's regex crate: Alphabetic, marks, decimal digits, connectors, joiners; Unicode 16.
  static func isWord(_ value: UInt32) -> Bool {
    if value < 0x80 {
      return value == 0x5F || (0x30...0x39).contains(value) || (0x41...0x5A).contains(value & ~0x20)
    }
    if value == 0x200C || value == 0x200D { return true }
    guard let scalar = UnicodeScalar(value) else { return false }
    let bits = Categories(rawValue: 1 << UInt32(category(value)))
    if !bits.isDisjoint(with: [.marks, .decimals, .connectors]) { return true }
    return scalar.properties.isAlphabetic && isAssigned(scalar, by: 16)
  }

  /// `char::is_numeric` of Rust.
  static func isNumeric(_ value: UInt32) -> Bool {
    guard let scalar = UnicodeScalar(value) else { return false }
    return !Categories.bit(scalar.properties.generalCategory).isDisjoint(with: .numbers)
  }

  /// Punctuation of the `unicode_categories` crate (Unicode 8), and all of ASCII's.
  static func isPunctuation(_ value: UInt32) -> Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case 0..<0x80: return false
    case 0x166D, 0x111C9: return true  // Reclassified since.
    default:
      guard let scalar = UnicodeScalar(value), isAssigned(scalar, by: 8) else { return false }
      return !Categories.bit(scalar.properties.generalCategory).isDisjoint(with: .punctuation)
    }
  }

  /// `is_combining_mark` of the `unicode_normalization` crate that `StripAccents` asks.
  static func isCombiningMark(_ value: UInt32) -> Bool {
    if value < 0x300 { return false }
    switch value {  // Reclassified since.
    case 0x1CF2, 0x1CF3: return true
    case 0x111C9: return false
    default: break
    }
    guard let scalar = UnicodeScalar(value), isAssigned(scalar, by: 9) else { return false }
    return !Categories.bit(scalar.properties.generalCategory).isDisjoint(with: .marks)
  }
}
