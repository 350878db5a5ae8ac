internal import Tensors

/// Runs a parsed template: statements here, expressions, calls and filters in extensions.
///
/// Bounded: so many steps, so long an output, so deep a recursion; a template is a program from a file.
final class JinjaRenderer {
  static let maximumSteps = 1_000_000
  static let maximumText = 16 << 20
  private static let maximumDepth = 60
  private static let maximumEvaluationDepth = 1200
  private static let maximumValueDepth = 64

  enum Flow { case onward, breakLoop, continueLoop }

  let file: String
  var scope: JinjaScope
  var line = 1
  var depth = 0
  private var evaluationDepth = 0
  private var output = ""
  private var stepsLeft = JinjaRenderer.maximumSteps
  private var textLeft = JinjaRenderer.maximumText
  /// The time that `strftime_now` writes, seconds since 1970.
  let now: Double

  init(file: String, variables: [String: JinjaValue], now: Double) {
    self.file = file
    self.now = now
    let globals = JinjaScope(nil)
    for name in JinjaFunctions.names { globals[name] = .function(name) }
    scope = JinjaScope(globals)
    for (name, value) in variables { scope[name] = value }
  }

  /// - Throws: `run.raised` for `raise_exception`, `run.value` for an operation that the values do not allow, `run.limit`.
  func render(_ nodes: [JinjaNode]) throws(VLMError) -> String {
    _ = try run(nodes)
    return output
  }

  func failure(_ message: String, _ code: VLMError.Code = .templateValue) -> VLMError {
    VLMError(code, "line \(line): \(message)", file: file)
  }

  func step() throws(VLMError) {
    stepsLeft -= 1
    if stepsLeft < 0 { throw failure("the template does not come to an end", .templateLimit) }
  }

  /// Counts text that is made, so that doubling a string again and again stops.
  func account(_ text: String) throws(VLMError) { try account(copies: 1, of: text) }

  /// The same of text that is yet to be made, so many times `text`.
  func account(copies count: Int, of text: String) throws(VLMError) {
    let (length, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(count, 0))
    guard !overflow, length <= textLeft else {
      throw failure("the template makes too much text", .templateLimit)
    }
    textLeft -= length
  }

  func account(items count: Int) throws(VLMError) {
    stepsLeft -= count
    if stepsLeft < 0 { throw failure("the template makes too long lists", .templateLimit) }
  }

  /// Counts what finding a key takes: entries are looked through in order.
  func account(lookingUpAmong entries: Int) throws(VLMError) {
    try account(items: entries >> 3)
  }

  /// Texts as a list, counted.
  func list(_ texts: [String]) throws(VLMError) -> JinjaValue {
    try account(items: texts.count)
    return .list(texts.map { .string($0) })
  }

  /// Texts joined, counted before they are.
  func joined(_ parts: [String], by separator: String) throws(VLMError) -> String {
    try account(copies: parts.count - 1, of: separator)
    for part in parts { try account(part) }
    return parts.joined(separator: separator)
  }

  /// Counts what a value holds: printing or comparing it takes as long.
  func weigh(_ value: JinjaValue, depth: Int = 0) throws(VLMError) {
    switch value {
    case .list(let items), .tuple(let items):
      try account(items: items.count)
      guard depth < Self.maximumValueDepth else { throw failure("values nest too deeply", .templateLimit) }
      for item in items { try weigh(item, depth: depth + 1) }
    case .dictionary(let dictionary):
      try account(items: dictionary.entries.count)
      guard depth < Self.maximumValueDepth else { throw failure("values nest too deeply", .templateLimit) }
      for entry in dictionary.entries {
        try weigh(entry.key, depth: depth + 1)
        try weigh(entry.value, depth: depth + 1)
      }
    case .string(let text): try account(items: text.utf8.count >> 5)
    default: break
    }
  }

  /// What `{{ value }}` prints.
  func text(_ value: JinjaValue) throws(VLMError) -> String {
    try weigh(value)
    return JinjaText.string(value)
  }

  /// Evaluates one level deeper; what recursion can reach is bounded, for the stack is.
  func evaluating<R>(_ body: () throws(VLMError) -> R) throws(VLMError) -> R {
    evaluationDepth += 1
    defer { evaluationDepth -= 1 }
    guard evaluationDepth <= Self.maximumEvaluationDepth else {
      throw failure("expressions nest too deeply", .templateLimit)
    }
    return try body()
  }

  private func write(_ text: String) throws(VLMError) {
    try account(text)
    output += text
  }

  /// Runs `body` one level deeper, in a scope of its own.
  func nested<R>(in parent: JinjaScope, _ body: () throws(VLMError) -> R) throws(VLMError) -> R {
    depth += 1
    guard depth <= Self.maximumDepth else { throw failure("calls nest too deeply", .templateLimit) }
    let outer = scope
    scope = JinjaScope(parent)
    defer {
      scope = outer
      depth -= 1
    }
    return try body()
  }

  /// The text that `nodes` print.
  func captured(_ nodes: [JinjaNode]) throws(VLMError) -> String {
    let outer = output
    output = ""
    defer { output = outer }
    _ = try run(nodes)
    return output
  }

  func run(_ nodes: [JinjaNode]) throws(VLMError) -> Flow {
    for node in nodes {
      try step()
      line = node.line
      switch node.kind {
      case .text(let text): try write(text)
      case .output(let expression): try write(try text(try value(expression)))
      case .branches(let branches, let otherwise):
        var chosen = otherwise
        for (condition, body) in branches where try value(condition).isTrue {
          chosen = body
          break
        }
        let flow = try run(chosen)
        if flow != .onward { return flow }
      case .loop(let loop): try run(loop)
      case .set(let target, let expression): try assign(target, try value(expression))
      case .setBlock(let target, let filters, let body):
        var result = JinjaValue.string(try nested(in: scope) { () throws(VLMError) in try captured(body) })
        for filter in filters { result = try apply(filter, to: result) }
        try assign(target, result)
      case .macro(let definition): scope[definition.name] = .macro(JinjaMacro(definition, in: scope))
      case .filterBlock(let filters, let body):
        var result = JinjaValue.string(try nested(in: scope) { () throws(VLMError) in try captured(body) })
        for filter in filters { result = try apply(filter, to: result) }
        try write(try text(result))
      case .scope(let values, let body):
        var given: [(String, JinjaValue)] = []
        for (name, expression) in values { given.append((name, try value(expression))) }
        let flow = try nested(in: scope) { () throws(VLMError) in
          for (name, value) in given { scope[name] = value }
          return try run(body)
        }
        if flow != .onward { return flow }
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .onward
  }

  private func run(_ loop: JinjaNode.Loop) throws(VLMError) {
    var items = try iterated(try value(loop.sequence))
    try account(items: items.count)
    if let condition = loop.condition {
      var kept: [JinjaValue] = []
      for item in items {
        let isKept = try nested(in: scope) { () throws(VLMError) in
          try assign(loop.target, item)
          return try value(condition).isTrue
        }
        if isKept { kept.append(item) }
      }
      items = kept
    }
    guard !items.isEmpty else {
      _ = try nested(in: scope) { () throws(VLMError) in try run(loop.otherwise) }
      return
    }
    let context = JinjaLoop(items)
    for index in items.indices {
      context.index = index
      let flow = try nested(in: scope) { () throws(VLMError) in
        scope["loop"] = .loop(context)
        try assign(loop.target, items[index])
        return try run(loop.body)
      }
      if flow == .breakLoop { break }
    }
  }

  private func assign(_ target: JinjaNode.Target, _ value: JinjaValue) throws(VLMError) {
    try weigh(value)
    switch target {
    case .name(let name): scope[name] = value
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace) = scope[name] else {
        throw failure("'\(name)' is no namespace, so '\(name).\(attribute)' cannot be set")
      }
      namespace.attributes[attribute] = value
    case .tuple(let targets):
      let parts = try iterated(value)
      guard parts.count == targets.count else {
        throw failure("\(parts.count) values cannot be given to \(targets.count) names")
      }
      for (target, part) in zip(targets, parts) { try assign(target, part) }
    }
  }

  /// What a `for` goes through.
  func iterated(_ value: JinjaValue) throws(VLMError) -> [JinjaValue] {
    switch value {
    case .list(let items), .tuple(let items): return items
    case .dictionary(let dictionary): return dictionary.entries.map(\.key)
    case .string(let text):
      try account(items: text.unicodeScalars.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw failure("a value of type \(value.typeName) has no items to go through")
    }
  }
}
