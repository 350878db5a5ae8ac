internal import Tensors

extension RegexParser {
  /// After a backslash outside brackets.
  mutating func escape() throws(VLMError) -> RegexNode {
    switch peek {
    case "A": position += 1; return .textStart
    case "z": position += 1; return .textEnd
    case "b": position += 1; return .wordBoundary(negative: false)
    case "B": position += 1; return .wordBoundary(negative: true)
    default: break
    }
    if let part = try classEscape() { return .set(part) }
    return .set(literal(try literalEscape()))
  }

  /// `\s \S \d \D \w \W \h \H \p{..} \P{..}` after the backslash; `nil` when it is something else.
  private mutating func classEscape() throws(VLMError) -> ScalarClass.Part? {
    guard let next = peek else { throw failure("the pattern ends after a backslash") }
    let part: ScalarClass.Part
    switch next {
    case "s": part = .whitespace
    case "S": part = .not(.whitespace)
    case "d": part = .categories(ScalarProperties.Categories.decimals.rawValue)
    case "D": part = .not(.categories(ScalarProperties.Categories.decimals.rawValue))
    case "w": part = .word
    case "W": part = .not(.word)
    case "h": part = Self.hexDigits
    case "H": part = .not(Self.hexDigits)
    case "p", "P":
      position += 1
      return try property(negated: next == "P")
    default: return nil
    }
    position += 1
    return part
  }

  private static let hexDigits = ScalarClass.Part.union([
    .range(0x30...0x39), .range(0x41...0x46), .range(0x61...0x66),
  ])

  /// `{L}`, `{^L}`, `{Letter}`, `{Han}` …
  private mutating func property(negated: Bool) throws(VLMError) -> ScalarClass.Part {
    guard take("{") else { throw failure("\\p should be followed by {a property}") }
    let isComplement = take("^") != negated
    var name = ""
    while let letter = peek, letter != "}" {
      if letter != " ", letter != "_", letter != "-" { name.unicodeScalars.append(letter) }
      position += 1
    }
    guard take("}") else { throw failure("a property's name does not end") }
    guard let part = RegexProperty.named[name.lowercased()] else {
      throw failure("the property '\(name)' is not supported")
    }
    return isComplement ? .not(part) : part
  }

  /// A backslash before a character that stands for one character.
  private mutating func literalEscape() throws(VLMError) -> UnicodeScalar {
    guard let next = peek else { throw failure("the pattern ends after a backslash") }
    position += 1
    switch next {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "a": return "\u{7}"
    case "e": return "\u{1B}"
    case "x":
      if take("{") { return try hexScalar(1...8, closing: "}") }
      return try hexScalar(1...2, closing: nil)
    case "u": return try hexScalar(4...4, closing: nil)
    default:
      let isLetterOrDigit = next.isASCII && (Character(next).isLetter || Character(next).isNumber)
      guard !isLetterOrDigit else {
        position -= 1
        throw failure("the escape '\\\(next)' is not supported")
      }
      return next
    }
  }

  private mutating func hexScalar(
    _ lengths: ClosedRange<Int>, closing: UnicodeScalar?
  ) throws(VLMError) -> UnicodeScalar {
    var value: UInt32 = 0
    var count = 0
    while count < lengths.upperBound, let next = peek, next.isASCII, let digit = Character(next).hexDigitValue
    {
      value = value << 4 | UInt32(digit)
      count += 1
      position += 1
    }
    guard count >= lengths.lowerBound, let scalar = UnicodeScalar(value), closing.map({ take($0) }) ?? true
    else { throw failure("this is not a hexadecimal character code") }
    // Bytes above ASCII would be parts of UTF-8 to Oniguruma.
    guard closing != nil || lengths.upperBound > 2 || value < 0x80 else {
      throw failure("\\x above 7f stands for a byte, which is not supported")
    }
    return scalar
  }

  /// After `[`: members, ranges, classes, nested brackets, `&&`.
  mutating func bracket(depth: Int = 0) throws(VLMError) -> ScalarClass.Part {
    guard depth < 20 else { throw failure("brackets nest too deeply") }
    let negated = take("^")
    var sets: [[ScalarClass.Part]] = [[]]
    var isFirst = true
    while !(peek == "]" && !isFirst) {
      isFirst = false
      guard peek != nil else { throw failure("'[' has no ']'") }
      if take("&&") {
        sets.append([])
        continue
      }
      if take("[:") {
        sets[sets.count - 1].append(try posixClass())
        continue
      }
      if take("[") {
        sets[sets.count - 1].append(try bracket(depth: depth + 1))
        continue
      }
      sets[sets.count - 1].append(try bracketMember())
    }
    position += 1
    let parts = sets.map { $0.count == 1 ? $0[0] : ScalarClass.Part.union($0) }
    let part = parts.count == 1 ? parts[0] : .intersection(parts)
    return negated ? .not(part) : part
  }

  private mutating func bracketMember() throws(VLMError) -> ScalarClass.Part {
    if take("\\") {
      if let part = try classEscape() { return part }
      return try rangeOrLiteral(from: bracketEscape())
    }
    guard let first = peek else { throw failure("'[' has no ']'") }
    position += 1
    return try rangeOrLiteral(from: first)
  }

  private mutating func bracketEscape() throws(VLMError) -> UnicodeScalar {
    if take("b") { return "\u{8}" }
    return try literalEscape()
  }

  private mutating func rangeOrLiteral(from first: UnicodeScalar) throws(VLMError) -> ScalarClass.Part {
    guard peek == "-", position + 1 < pattern.count, pattern[position + 1] != "]" else {
      return literal(first)
    }
    position += 1
    guard let next = peek, next != "[" else { throw failure("a range has no end") }
    position += 1
    let last = next == "\\" ? try bracketEscape() : next
    guard first <= last else { throw failure("a range runs backwards") }
    let range = ScalarClass.Part.range(first.value...last.value)
    guard ignoresCase else { return range }
    guard last.value - first.value < 0x300 else { throw failure("so wide a range ignoring case") }
    let variants = (first.value...last.value).compactMap(UnicodeScalar.init).flatMap(RegexCase.variants)
    return .union([range] + variants.map { .range($0...$0) })
  }

  private mutating func posixClass() throws(VLMError) -> ScalarClass.Part {
    let negated = take("^")
    var name = ""
    while let letter = peek, letter != ":" {
      name.unicodeScalars.append(letter)
      position += 1
    }
    guard take(":]"), let part = RegexProperty.named[name] else {
      throw failure("the class '[:\(name):]' is not supported")
    }
    return negated ? .not(part) : part
  }
}
