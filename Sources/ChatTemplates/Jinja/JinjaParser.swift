internal import Tensors

/// Parses a template into statements.
struct JinjaParser {
  private static let maximumDepth = 80
  /// Operators, attributes and filters in one tag; each makes the expression one level deeper.
  private static let maximumLinks = 400

  let tokens: [JinjaToken]
  let file: String
  var position = 0
  var depth = 0
  private var links = 0
  private var loopDepth = 0

  /// - Throws: `file.syntax` with the line.
  static func parse(_ text: String, file: String) throws(VLMError) -> [JinjaNode] {
    var parser = Self(tokens: try JinjaLexer.tokens(of: text, file: file), file: file)
    let (nodes, end) = try parser.statements(until: [])
    precondition(end == nil)
    return nodes
  }

  private init(tokens: [JinjaToken], file: String) {
    self.tokens = tokens
    self.file = file
  }

  var peek: JinjaToken.Kind? { position < tokens.count ? tokens[position].kind : nil }
  var line: Int { tokens.isEmpty ? 1 : tokens[min(position, tokens.count - 1)].line }

  func failure(_ message: String, line: Int? = nil) -> VLMError {
    VLMError(.templateSyntax, "line \(line ?? self.line): \(message)", file: file)
  }

  func unexpected(_ wanted: String) -> VLMError {
    let found = position < tokens.count ? tokens[position].spelling : "the end of the template"
    return failure("\(found) stands where \(wanted) should be")
  }

  mutating func take(_ kind: JinjaToken.Kind) -> Bool {
    guard peek == kind else { return false }
    position += 1
    return true
  }

  mutating func expect(_ kind: JinjaToken.Kind, _ wanted: String) throws(VLMError) {
    guard take(kind) else { throw unexpected(wanted) }
  }

  mutating func name(_ wanted: String) throws(VLMError) -> String {
    guard case .name(let name) = peek else { throw unexpected(wanted) }
    position += 1
    return name
  }

  mutating func descend() throws(VLMError) {
    depth += 1
    guard depth <= Self.maximumDepth else { throw failure("nests too deeply") }
  }

  /// Counts one more step of a chain like `a + b + c` or `x.y.z`.
  mutating func link() throws(VLMError) {
    links += 1
    guard links <= Self.maximumLinks else { throw failure("an expression is too long") }
  }

  /// Statements up to a block whose name is in `ends`, which is consumed up to its name and returned.
  private mutating func statements(until ends: [String]) throws(VLMError) -> ([JinjaNode], end: String?) {
    try descend()
    defer { depth -= 1 }
    let start = position > 0 ? tokens[position - 1].line : 1
    var nodes: [JinjaNode] = []
    while let next = peek {
      let line = line
      position += 1
      links = 0
      switch next {
      case .text(let text): nodes.append(JinjaNode(kind: .text(text), line: line))
      case .outputBegin:
        let value = try tupleOrExpression()
        try expect(.outputEnd, "'}}'")
        nodes.append(JinjaNode(kind: .output(value), line: line))
      case .blockBegin:
        let word = try name("the name of a block")
        if ends.contains(word) { return (nodes, word) }
        if let kind = try statement(word, line: line) { nodes.append(JinjaNode(kind: kind, line: line)) }
      default: throw failure("the template is not understood here")
      }
    }
    guard ends.isEmpty else {
      throw failure("'{% \(ends.last!) %}' is missing for the block that begins", line: start)
    }
    return (nodes, nil)
  }

  private mutating func endBlock() throws(VLMError) { try expect(.blockEnd, "'%}'") }

  /// The statements up to `{% end %}`.
  private mutating func body(until end: String) throws(VLMError) -> [JinjaNode] {
    try endBlock()
    let (nodes, _) = try statements(until: [end])
    try endBlock()
    return nodes
  }

  /// One statement, its name consumed; `nil` for one without effect.
  private mutating func statement(_ word: String, line: Int) throws(VLMError) -> JinjaNode.Kind? {
    switch word {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return .macro(try macro())
    case "filter":
      var filters = [try filter()]
      while take(.symbol("|")) { filters.append(try filter()) }
      return .filterBlock(filters, try body(until: "endfilter"))
    case "with": return try scope()
    case "generation":
      // Marks what the assistant says, for training; the text is rendered as it stands.
      return .scope([], try body(until: "endgeneration"))
    case "break", "continue":
      guard loopDepth > 0 else { throw failure("'\(word)' stands outside a loop", line: line) }
      try endBlock()
      return word == "break" ? .breakLoop : .continueLoop
    default:
      throw failure("the block '\(word)' is not known, or ends nothing", line: line)
    }
  }

  private mutating func conditional() throws(VLMError) -> JinjaNode.Kind {
    var branches: [(condition: JinjaExpression, body: [JinjaNode])] = []
    var otherwise: [JinjaNode] = []
    var condition = try tupleOrExpression()
    while true {
      try endBlock()
      let (nodes, end) = try statements(until: ["elif", "else", "endif"])
      branches.append((condition, nodes))
      if end == "elif" {
        condition = try tupleOrExpression()
        continue
      }
      if end == "else" { otherwise = try body(until: "endif") } else { try endBlock() }
      return .branches(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws(VLMError) -> JinjaNode.Kind {
    let target = try self.target(allowsAttribute: false)
    try expect(.name("in"), "'in'")
    let sequence = try tupleOrExpression(withCondition: false)
    let condition = take(.name("if")) ? try expression() : nil
    if peek == .name("recursive") { throw failure("recursive loops are not supported") }
    try endBlock()
    loopDepth += 1
    let (nodes, end) = try statements(until: ["else", "endfor"])
    loopDepth -= 1
    var otherwise: [JinjaNode] = []
    if end == "else" { otherwise = try body(until: "endfor") } else { try endBlock() }
    return .loop(
      JinjaNode.Loop(
        target: target, sequence: sequence, condition: condition, body: nodes, otherwise: otherwise))
  }

  private mutating func target(allowsAttribute: Bool) throws(VLMError) -> JinjaNode.Target {
    var parts = [try singleTarget(allowsAttribute: allowsAttribute)]
    var isTuple = false
    while take(.symbol(",")) {
      isTuple = true
      guard case .name = peek else { break }
      parts.append(try singleTarget(allowsAttribute: allowsAttribute))
    }
    return isTuple ? .tuple(parts) : parts[0]
  }

  private mutating func singleTarget(allowsAttribute: Bool) throws(VLMError) -> JinjaNode.Target {
    if take(.symbol("(")) {
      let inner = try target(allowsAttribute: false)
      try expect(.symbol(")"), "')'")
      return inner
    }
    let name = try name("a name")
    if ["true", "false", "none", "True", "False", "None", "not", "in", "is", "and", "or", "if", "else"]
      .contains(name)
    {
      throw failure("'\(name)' cannot be given a value")
    }
    guard allowsAttribute, take(.symbol(".")) else { return .name(name) }
    return .attribute(name, try self.name("the name of an attribute"))
  }

  private mutating func assignment() throws(VLMError) -> JinjaNode.Kind {
    let target = try target(allowsAttribute: true)
    if take(.symbol("=")) {
      let value = try tupleOrExpression()
      try endBlock()
      return .set(target, value)
    }
    var filters: [JinjaExpression.Filter] = []
    while take(.symbol("|")) { filters.append(try filter()) }
    return .setBlock(target, filters, try body(until: "endset"))
  }

  private mutating func macro() throws(VLMError) -> JinjaNode.Macro {
    let name = try name("the name of the macro")
    try expect(.symbol("("), "'('")
    var parameters: [(name: String, fallback: JinjaExpression?)] = []
    while !take(.symbol(")")) {
      if !parameters.isEmpty { try expect(.symbol(","), "','") }
      let parameter = try self.name("the name of a parameter")
      parameters.append((parameter, take(.symbol("=")) ? try expression() : nil))
    }
    let outer = loopDepth
    loopDepth = 0
    defer { loopDepth = outer }
    return JinjaNode.Macro(name: name, parameters: parameters, body: try body(until: "endmacro"))
  }

  private mutating func scope() throws(VLMError) -> JinjaNode.Kind {
    var values: [(name: String, value: JinjaExpression)] = []
    while peek != .blockEnd {
      if !values.isEmpty { try expect(.symbol(","), "','") }
      let name = try name("a name")
      try expect(.symbol("="), "'='")
      values.append((name, try expression()))
    }
    return .scope(values, try body(until: "endwith"))
  }
}
