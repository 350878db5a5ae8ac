internal import Tensors

/// Expressions, with Jinja's precedence: conditional, or, and, not, comparison, + -, ~, * / // %, **, sign, then
/// attributes, calls, filters and tests.
extension JinjaParser {
  /// `a, b` as a tuple, or one expression.
  mutating func tupleOrExpression(withCondition: Bool = true) throws(VLMError) -> JinjaExpression {
    let first = withCondition ? try expression() : try or()
    guard peek == .symbol(",") else { return first }
    var items = [first]
    while take(.symbol(",")) {
      switch peek {
      case .blockEnd, .outputEnd, .symbol(")"): return .tuple(items)
      default: items.append(withCondition ? try expression() : try or())
      }
    }
    return .tuple(items)
  }

  mutating func expression() throws(VLMError) -> JinjaExpression {
    try descend()
    defer { depth -= 1 }
    var value = try or()
    while take(.name("if")) {
      try link()
      let condition = try or()
      let otherwise = take(.name("else")) ? try expression() : nil
      value = .conditional(condition, then: value, otherwise: otherwise)
    }
    return value
  }

  private mutating func or() throws(VLMError) -> JinjaExpression {
    var left = try and()
    while take(.name("or")) {
      try link()
      left = .or(left, try and())
    }
    return left
  }

  private mutating func and() throws(VLMError) -> JinjaExpression {
    var left = try not()
    while take(.name("and")) {
      try link()
      left = .and(left, try not())
    }
    return left
  }

  private mutating func not() throws(VLMError) -> JinjaExpression {
    guard take(.name("not")) else { return try comparison() }
    try descend()
    defer { depth -= 1 }
    return .not(try not())
  }

  private mutating func comparison() throws(VLMError) -> JinjaExpression {
    let first = try sum()
    var rest: [(JinjaExpression.Operator, JinjaExpression)] = []
    while let comparator = comparator() { rest.append((comparator, try sum())) }
    return rest.isEmpty ? first : .comparison(first, rest)
  }

  private mutating func comparator() -> JinjaExpression.Operator? {
    if take(.name("in")) { return .isIn }
    if peek == .name("not"), position + 1 < tokens.count, tokens[position + 1].kind == .name("in") {
      position += 2
      return .isNotIn
    }
    guard case .symbol(let symbol) = peek, ["==", "!=", "<", ">", "<=", ">="].contains(symbol) else {
      return nil
    }
    position += 1
    return JinjaExpression.Operator(rawValue: symbol)
  }

  /// Left-associative operators of one level.
  private mutating func level(
    _ symbols: [String], _ operand: (inout JinjaParser) throws(VLMError) -> JinjaExpression
  ) throws(VLMError) -> JinjaExpression {
    var left = try operand(&self)
    while case .symbol(let symbol) = peek, symbols.contains(symbol) {
      position += 1
      try link()
      left = .binary(JinjaExpression.Operator(rawValue: symbol)!, left, try operand(&self))
    }
    return left
  }

  private mutating func sum() throws(VLMError) -> JinjaExpression {
    try level(["+", "-"]) { (parser) throws(VLMError) in try parser.concatenation() }
  }

  private mutating func concatenation() throws(VLMError) -> JinjaExpression {
    try level(["~"]) { (parser) throws(VLMError) in try parser.product() }
  }

  private mutating func product() throws(VLMError) -> JinjaExpression {
    try level(["*", "/", "//", "%"]) { (parser) throws(VLMError) in try parser.power() }
  }

  private mutating func power() throws(VLMError) -> JinjaExpression {
    try level(["**"]) { (parser) throws(VLMError) in try parser.unary(withFilters: true) }
  }

  private mutating func unary(withFilters: Bool) throws(VLMError) -> JinjaExpression {
    try descend()
    defer { depth -= 1 }
    var value: JinjaExpression
    if take(.symbol("-")) {
      value = .negative(try unary(withFilters: false))
    } else if take(.symbol("+")) {
      value = .positive(try unary(withFilters: false))
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return withFilters ? try filters(value) : value
  }

  private mutating func primary() throws(VLMError) -> JinjaExpression {
    guard let next = peek else { throw unexpected("a value") }
    position += 1
    switch next {
    case .string(var text):
      while case .string(let more) = peek {
        text += more
        position += 1
      }
      return .string(text)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .name("true"), .name("True"): return .bool(true)
    case .name("false"), .name("False"): return .bool(false)
    case .name("none"), .name("None"): return .none
    case .name(let name): return .name(name)
    case .symbol("("):
      if take(.symbol(")")) { return .tuple([]) }
      let inner = try tupleOrExpression()
      try expect(.symbol(")"), "')'")
      return inner
    case .symbol("["): return .list(try items(until: "]"))
    case .symbol("{"): return try dictionary()
    default:
      position -= 1
      throw unexpected("a value")
    }
  }

  private mutating func items(until end: String) throws(VLMError) -> [JinjaExpression] {
    var items: [JinjaExpression] = []
    while !take(.symbol(end)) {
      if !items.isEmpty {
        try expect(.symbol(","), "','")
        if take(.symbol(end)) { break }
      }
      items.append(try expression())
    }
    return items
  }

  private mutating func dictionary() throws(VLMError) -> JinjaExpression {
    var entries: [(key: JinjaExpression, value: JinjaExpression)] = []
    while !take(.symbol("}")) {
      if !entries.isEmpty {
        try expect(.symbol(","), "','")
        if take(.symbol("}")) { break }
      }
      let key = try expression()
      try expect(.symbol(":"), "':'")
      entries.append((key, try expression()))
    }
    return .dictionary(entries)
  }

  /// Attributes, items and calls.
  private mutating func postfix(_ start: JinjaExpression) throws(VLMError) -> JinjaExpression {
    var value = start
    while true {
      if peek == .symbol(".") || peek == .symbol("[") || peek == .symbol("(") { try link() }
      if take(.symbol(".")) {
        if case .integer(let index) = peek {
          position += 1
          value = .item(value, .integer(index))
        } else {
          value = .attribute(value, try name("the name of an attribute"))
        }
      } else if take(.symbol("[")) {
        value = try item(of: value)
      } else if peek == .symbol("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func item(of value: JinjaExpression) throws(VLMError) -> JinjaExpression {
    var parts: [JinjaExpression?] = [nil]
    while !take(.symbol("]")) {
      if take(.symbol(":")) {
        parts.append(nil)
        guard parts.count <= 3 else { throw unexpected("']'") }
      } else {
        guard parts[parts.count - 1] == nil else { throw unexpected("']'") }
        parts[parts.count - 1] = try tupleOrExpression()
      }
    }
    if parts.count == 1 {
      guard let index = parts[0] else { throw failure("'[]' names no item") }
      return .item(value, index)
    }
    return .slice(value, parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws(VLMError) -> JinjaExpression.Arguments {
    try expect(.symbol("("), "'('")
    var arguments = JinjaExpression.Arguments()
    var isFirst = true
    while !take(.symbol(")")) {
      if !isFirst {
        try expect(.symbol(","), "','")
        if take(.symbol(")")) { break }
      }
      isFirst = false
      if case .name(let name) = peek, position + 1 < tokens.count, tokens[position + 1].kind == .symbol("=") {
        position += 2
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else {
          throw failure("an argument without a name follows one with a name")
        }
        arguments.positional.append(try expression())
      }
    }
    return arguments
  }

  mutating func filter() throws(VLMError) -> JinjaExpression.Filter {
    let name = try name("the name of a filter")
    guard JinjaFilters.names.contains(name) else { throw failure("the filter '\(name)' is not known") }
    return .init(name: name, arguments: peek == .symbol("(") ? try arguments() : .init())
  }

  /// Filters, tests, and calls of their results.
  private mutating func filters(_ start: JinjaExpression) throws(VLMError) -> JinjaExpression {
    var value = start
    while true {
      if peek == .symbol("|") || peek == .name("is") || peek == .symbol("(") { try link() }
      if take(.symbol("|")) {
        value = .filter(value, try filter())
      } else if take(.name("is")) {
        value = try test(of: value)
      } else if peek == .symbol("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func test(of value: JinjaExpression) throws(VLMError) -> JinjaExpression {
    let negated = take(.name("not"))
    let name = try name("the name of a test")
    guard JinjaTests.names.contains(name) else { throw failure("the test '\(name)' is not known") }
    var arguments = JinjaExpression.Arguments()
    switch peek {
    case .symbol("("): arguments = try self.arguments()
    case .name("else"), .name("or"), .name("and"), .name("if"), .name("in"), .name("not"): break
    case .name("is"): throw failure("tests cannot be chained with 'is'")
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      arguments.positional = [try postfix(try primary())]
    default: break
    }
    return .test(value, name, arguments, negated: negated)
  }
}
