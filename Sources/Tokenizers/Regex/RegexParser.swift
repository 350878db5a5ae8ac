internal import Tensors

/// A parsed pattern.
indirect enum RegexNode: Sendable {
  enum Greed: Sendable { case greedy, lazy, possessive }

  case empty
  /// Any one scalar of the part.
  case set(ScalarClass.Part)
  case sequence([RegexNode])
  case alternatives([RegexNode])
  /// `most` is `nil` for no limit.
  case loop(RegexNode, least: Int, most: Int?, Greed)
  case atomic(RegexNode)
  case look(RegexNode, negative: Bool)
  case textStart
  case textEnd
  case lineStart
  case lineEnd
  case wordBoundary(negative: Bool)

  /// Whether the node takes exactly one scalar, and which.
  var single: ScalarClass.Part? { if case .set(let part) = self { part } else { nil } }
}

/// Parses the part of Oniguruma's syntax (as the `tokenizers` package uses it: Ruby's) that pre-tokenizers are
/// written in: classes, `\p{..}`, groups, alternatives, quantifiers, lookahead, anchors, `(?i:..)`.
///
/// What is not understood, such as back references and lookbehind, is an error: guessing would give wrong ids.
struct RegexParser {
  private static let maximumDepth = 50
  static let maximumRepeats = 1000

  let pattern: [UnicodeScalar]
  var position = 0
  private var depth = 0
  var ignoresCase = false
  private var dotTakesNewline = false

  init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

  static func parse(_ pattern: String) throws(VLMError) -> RegexNode {
    var parser = Self(pattern)
    let node = try parser.alternatives()
    guard parser.peek == nil else { throw parser.failure("')' has no '('") }
    return node
  }

  var peek: UnicodeScalar? { position < pattern.count ? pattern[position] : nil }

  func failure(_ message: String) -> VLMError {
    let text = String(String.UnicodeScalarView(pattern))
    return VLMError(
      .tokenizerRegexSyntax, "regular expression \"\(text)\", character \(position): \(message)",
      remedy: "this pattern is not supported; report it")
  }

  mutating func take(_ scalar: UnicodeScalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  mutating func take(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard pattern[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  private mutating func alternatives() throws(VLMError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw failure("groups nest too deeply") }
    let (outerCase, outerDot) = (ignoresCase, dotTakesNewline)
    defer { (ignoresCase, dotTakesNewline) = (outerCase, outerDot) }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(VLMError) -> RegexNode {
    var items: [RegexNode] = []
    while let next = peek, next != "|", next != ")" {
      if take("(?#") {
        while let skipped = peek, skipped != ")" { position += 1 }
        guard take(")") else { throw failure("a comment does not end") }
        continue
      }
      items.append(try quantified())
    }
    return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
  }

  private mutating func quantified() throws(VLMError) -> RegexNode {
    var node = try atom()
    while let (least, most, isInterval) = try quantifier() {
      var greed = RegexNode.Greed.greedy
      if take("?") {
        guard !(isInterval && least == most) else { throw failure("'{n}?' is not supported") }
        greed = .lazy
      } else if !isInterval, take("+") {
        // In Ruby's syntax '{n,m}+' is a loop of a loop.
        greed = .possessive
      }
      switch node {
      case .textStart, .textEnd, .lineStart, .lineEnd, .wordBoundary, .look:
        throw failure("a quantifier stands after what takes no character")
      default: node = .loop(node, least: least, most: most, greed)
      }
    }
    return node
  }

  private mutating func quantifier() throws(VLMError) -> (Int, Int?, isInterval: Bool)? {
    switch peek {
    case "*": position += 1; return (0, nil, false)
    case "+": position += 1; return (1, nil, false)
    case "?": position += 1; return (0, 1, false)
    case "{":
      let start = position
      position += 1
      let least = try number()
      let hasComma = take(",")
      let most = hasComma ? try number() : least
      guard take("}"), least != nil || most != nil else {
        position = start
        throw failure("'{' should begin {n}, {n,} or {n,m}; a brace itself is \\{")
      }
      if let most, most < least ?? 0 { throw failure("{n,m} with n > m is not supported") }
      return (least ?? 0, most, true)
    default: return nil
    }
  }

  private mutating func number() throws(VLMError) -> Int? {
    var value: Int?
    while let digit = peek, digit.isASCII, let figure = Character(digit).wholeNumberValue {
      let next = (value ?? 0) * 10 + figure
      guard next <= Self.maximumRepeats else { throw failure("more than \(Self.maximumRepeats) repeats") }
      value = next
      position += 1
    }
    return value
  }

  private mutating func atom() throws(VLMError) -> RegexNode {
    guard let next = peek else { throw failure("the pattern ends too early") }
    position += 1
    switch next {
    case "(": return try group()
    case "[": return .set(try bracket())
    case ".": return .set(dotTakesNewline ? .not(.union([])) : .not(.range(0x0A...0x0A)))
    case "^": return .lineStart
    case "$": return .lineEnd
    case "*", "+", "?": throw failure("a quantifier has nothing to repeat")
    case "\\": return try escape()
    default: return .set(literal(next))
    }
  }

  private mutating func group() throws(VLMError) -> RegexNode {
    guard take("?") else { return try closed(alternatives()) }
    if take(":") { return try closed(alternatives()) }
    if take("=") { return .look(try closed(alternatives()), negative: false) }
    if take("!") { return .look(try closed(alternatives()), negative: true) }
    if take(">") { return .atomic(try closed(alternatives())) }
    if take("<=") || take("<!") { throw failure("lookbehind is not supported") }
    if take("<") || take("P<") {
      while let letter = peek, letter != ">" { _ = letter; position += 1 }
      guard take(">") else { throw failure("a group's name does not end") }
      return try closed(alternatives())
    }
    return try optionGroup()
  }

  /// `(?i:…)`, `(?im-i:…)` and `(?i)`, which holds to the end of the enclosing group.
  private mutating func optionGroup() throws(VLMError) -> RegexNode {
    let (outerCase, outerDot) = (ignoresCase, dotTakesNewline)
    var on = true
    while let flag = peek, flag != ":", flag != ")" {
      switch flag {
      case "-": on = false
      case "i": ignoresCase = on
      case "m": dotTakesNewline = on
      default: throw failure("the option '\(flag)' is not supported")
      }
      position += 1
    }
    if take(")") { return try sequenceWithAlternatives() }
    guard take(":") else { throw failure("an option group does not end") }
    let body = try closed(alternatives())
    (ignoresCase, dotTakesNewline) = (outerCase, outerDot)
    return body
  }

  /// What follows `(?i)`: in Ruby's syntax the rest of the group, alternatives included.
  private mutating func sequenceWithAlternatives() throws(VLMError) -> RegexNode {
    try alternatives()
  }

  private mutating func closed(_ node: RegexNode) throws(VLMError) -> RegexNode {
    guard take(")") else { throw failure("'(' has no ')'") }
    return node
  }

  /// One literal, or all scalars with the same case folding where case is ignored.
  func literal(_ scalar: UnicodeScalar) -> ScalarClass.Part {
    guard ignoresCase else { return .range(scalar.value...scalar.value) }
    return .union(RegexCase.variants(of: scalar).map { .range($0...$0) })
  }
}
