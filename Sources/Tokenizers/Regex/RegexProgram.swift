internal import Tensors

/// A pattern as instructions for `RegexMatcher`.
struct RegexProgram: Sendable {
  static let maximumInstructions = 20_000

  /// What the next byte must be for an alternative to have a chance.
  struct FirstByte: Sendable {
    var ascii: (UInt64, UInt64) = (0, 0)
    /// Bytes from 0x80 up are not told apart.
    var beyondASCII = false
    /// The alternative may match nothing, so any byte will do.
    var any = false

    @inline(__always) func admits(_ byte: UInt8?) -> Bool {
      guard let byte else { return any }
      if byte >= 0x80 { return beyondASCII || any }
      return any || (byte < 64 ? ascii.0 >> UInt64(byte) : ascii.1 >> UInt64(byte - 64)) & 1 == 1
    }

    mutating func formUnion(_ other: FirstByte) {
      ascii = (ascii.0 | other.ascii.0, ascii.1 | other.ascii.1)
      beyondASCII = beyondASCII || other.beyondASCII
      any = any || other.any
    }
  }

  struct Branch: Sendable {
    let target: Int
    let first: FirstByte
  }

  enum Instruction: Sendable {
    case set(Int)
    /// A loop over one class, `most` `Int.max` for no limit.
    case setLoop(Int, least: Int, most: Int, RegexNode.Greed)
    /// Tries the branches in order.
    case alternatives([Branch])
    /// Goes on with `first`; when that fails, with `second`.
    case split(first: Int, second: Int)
    case jump(Int)
    /// A body that takes nothing must not loop for ever: fails when nothing was taken since the mark.
    case mark(Int)
    case progress(Int)
    /// The body ends with `match`, then goes on at `next`.
    case look(body: Int, next: Int, negative: Bool)
    case atomic(body: Int, next: Int)
    case textStart, textEnd, lineStart, lineEnd
    case wordBoundary(negative: Bool)
    case match
  }

  private(set) var instructions: [Instruction] = []
  private(set) var classes: [ScalarClass] = []
  private(set) var markCount = 0
  let pattern: String

  init(_ pattern: String) throws(VLMError) {
    self.pattern = pattern
    try emit(RegexParser.parse(pattern))
    instructions.append(.match)
  }

  private mutating func add(_ instruction: Instruction) throws(VLMError) -> Int {
    guard instructions.count < Self.maximumInstructions else {
      throw VLMError(.tokenizerRegexSyntax, "regular expression \"\(pattern)\" repeats too much")
    }
    instructions.append(instruction)
    return instructions.count - 1
  }

  private mutating func classIndex(_ part: ScalarClass.Part) throws(VLMError) -> Int {
    guard classes.count < 1000 else {
      throw VLMError(.tokenizerRegexSyntax, "regular expression \"\(pattern)\" is too long")
    }
    classes.append(ScalarClass(part))
    return classes.count - 1
  }

  private mutating func emit(_ node: RegexNode) throws(VLMError) {
    switch node {
    case .empty: break
    case .set(let part): _ = try add(.set(try classIndex(part)))
    case .sequence(let items): for item in items { try emit(item) }
    case .alternatives(let branches): try emitAlternatives(branches)
    case .loop(let body, let least, let most, let greed): try emitLoop(body, least, most, greed)
    case .atomic(let body): try emitAtomic(body)
    case .look(let body, let negative):
      let start = try add(.match)
      try emit(body)
      _ = try add(.match)
      instructions[start] = .look(body: start + 1, next: instructions.count, negative: negative)
    case .textStart: _ = try add(.textStart)
    case .textEnd: _ = try add(.textEnd)
    case .lineStart: _ = try add(.lineStart)
    case .lineEnd: _ = try add(.lineEnd)
    case .wordBoundary(let negative): _ = try add(.wordBoundary(negative: negative))
    }
  }

  private mutating func emitAtomic(_ body: RegexNode) throws(VLMError) {
    let start = try add(.match)
    try emit(body)
    _ = try add(.match)
    instructions[start] = .atomic(body: start + 1, next: instructions.count)
  }

  private mutating func emitAlternatives(_ nodes: [RegexNode]) throws(VLMError) {
    let start = try add(.match)
    var branches: [Branch] = []
    var exits: [Int] = []
    for node in nodes {
      let target = instructions.count
      try emit(node)
      exits.append(try add(.match))
      branches.append(Branch(target: target, first: first(of: target)))
    }
    instructions[start] = .alternatives(branches)
    for exit in exits { instructions[exit] = .jump(instructions.count) }
  }

  private mutating func emitLoop(
    _ body: RegexNode, _ least: Int, _ most: Int?, _ greed: RegexNode.Greed
  ) throws(VLMError) {
    if let part = body.single {
      _ = try add(.setLoop(try classIndex(part), least: least, most: most ?? .max, greed))
      return
    }
    if greed == .possessive {
      try emitAtomic(.loop(body, least: least, most: most, .greedy))
      return
    }
    for _ in 0..<least { try emit(body) }
    guard let most else {
      let mark = markCount
      markCount += 1
      let split = try add(.match)
      _ = try add(.mark(mark))
      try emit(body)
      _ = try add(.progress(mark))
      _ = try add(.jump(split))
      instructions[split] = branch(enter: split + 1, leave: instructions.count, greed)
      return
    }
    var splits: [Int] = []
    for _ in least..<max(most, least) {
      splits.append(try add(.match))
      try emit(body)
    }
    for split in splits { instructions[split] = branch(enter: split + 1, leave: instructions.count, greed) }
  }

  private func branch(enter: Int, leave: Int, _ greed: RegexNode.Greed) -> Instruction {
    greed == .lazy ? .split(first: leave, second: enter) : .split(first: enter, second: leave)
  }

  /// The bytes that a match beginning at instruction `start` can begin with; the code after it is not yet known
  /// to the end, so whatever reaches it counts as "any".
  private func first(of start: Int, depth: Int = 0) -> FirstByte {
    var result = FirstByte()
    var at = start
    while at < instructions.count, depth < 20 {
      switch instructions[at] {
      case .set(let index):
        result.formUnion(first(ofClass: index))
        return result
      case .setLoop(let index, let least, let most, _):
        if most > 0 { result.formUnion(first(ofClass: index)) }
        if least > 0 { return result }
        at += 1
      case .alternatives(let branches):
        for branch in branches { result.formUnion(first(of: branch.target, depth: depth + 1)) }
        return result
      case .split(let one, let two):
        result.formUnion(first(of: one, depth: depth + 1))
        result.formUnion(first(of: two, depth: depth + 1))
        return result
      case .atomic(let body, _):
        result.formUnion(first(of: body, depth: depth + 1))
        return result
      case .mark: at += 1
      default:
        result.any = true
        return result
      }
    }
    result.any = true
    return result
  }

  private func first(ofClass index: Int) -> FirstByte {
    FirstByte(ascii: classes[index].ascii, beyondASCII: true)
  }
}
