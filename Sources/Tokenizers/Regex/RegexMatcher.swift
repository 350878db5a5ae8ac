internal import Tensors

/// Runs a `RegexProgram` over UTF-8: leftmost, first alternative, with a stack of its own and a bound on its steps.
///
/// A backtracking matcher, for that is what decides which of two matches is taken; the bound keeps a pattern like
/// `(a+)+b` from running for ever.
struct RegexMatcher {
  private struct Retry {
    var instruction: Int
    var position: Int
    /// For a loop over a class: may still give back (greedy, down to) or take more (lazy, up to).
    var bound: Int
    var kind: Kind
    var mark: Int
  }
  private enum Kind { case plain, giveBack, takeMore, alternative, restoreMark }

  private let program: RegexProgram
  private let text: UnsafeBufferPointer<UInt8>
  private var stack: [Retry] = []
  private var marks: [Int]
  private var stepsLeft: Int

  /// - Parameter text: valid UTF-8, alive as long as the matcher.
  init(_ program: RegexProgram, _ text: UnsafeBufferPointer<UInt8>) {
    self.program = program
    self.text = text
    marks = [Int](repeating: -1, count: program.markCount)
    let (product, overflow) = text.count.multipliedReportingOverflow(by: 200)
    stepsLeft = overflow ? .max : max(product, 1_000_000)
  }

  /// The end of a match that begins at `start` in `limits`, outside which nothing is seen; `nil` when there is none.
  ///
  /// - Throws: `regex.steps` when the pattern backtracks without end.
  mutating func match(at start: Int, in limits: Range<Int>) throws(VLMError) -> Int? {
    try run(0, start, limits)
  }

  private mutating func run(
    _ entry: Int, _ start: Int, _ limits: Range<Int>, depth: Int = 0
  ) throws(VLMError) -> Int? {
    let floor = stack.count
    defer { stack.removeSubrange(floor...) }
    var pc = entry
    var position = start
    while true {
      stepsLeft -= 1
      if stepsLeft <= 0 || stack.count > 4_000_000 { throw tooManySteps() }
      var failed = false
      switch program.instructions[pc] {
      case .match: return position
      case .jump(let target): pc = target
      case .set(let index):
        let next = end(ofOne: index, at: position, limits)
        failed = next < 0
        position = failed ? position : next
        pc += 1
      case .setLoop(let index, let least, let most, let greed):
        failed = !takeLoop(index, least, most, greed, &position, pc + 1, limits)
        pc += 1
      case .alternatives(let branches):
        failed = !enter(branches, from: 0, pc, position, limits, &pc)
      case .split(let first, let second):
        stack.append(Retry(instruction: second, position: position, bound: 0, kind: .plain, mark: 0))
        pc = first
      case .mark(let mark):
        stack.append(
          Retry(instruction: 0, position: marks[mark], bound: 0, kind: .restoreMark, mark: mark))
        marks[mark] = position
        pc += 1
      case .progress(let mark):
        failed = marks[mark] == position
        pc += 1
      case .look(let body, let next, let negative):
        failed = (try run(body, position, limits, depth: depth + 1) != nil) == negative
        pc = next
      case .atomic(let body, let next):
        if let end = try run(body, position, limits, depth: depth + 1) {
          position = end
        } else {
          failed = true
        }
        pc = next
      case .textStart:
        failed = position != limits.lowerBound
        pc += 1
      case .textEnd:
        failed = position != limits.upperBound
        pc += 1
      case .lineStart:
        failed = position != limits.lowerBound && text[position - 1] != 0x0A
        pc += 1
      case .lineEnd:
        failed = position != limits.upperBound && text[position] != 0x0A
        pc += 1
      case .wordBoundary(let negative):
        failed = (isWord(before: position, limits) != isWord(at: position, limits)) == negative
        pc += 1
      }
      if failed, !retry(floor, &pc, &position, limits) { return nil }
    }
  }

  /// Takes up the newest way not yet tried; `false` when there is none.
  private mutating func retry(
    _ floor: Int, _ pc: inout Int, _ position: inout Int, _ limits: Range<Int>
  ) -> Bool {
    while stack.count > floor {
      stepsLeft -= 1
      let last = stack.count - 1
      let entry = stack[last]
      switch entry.kind {
      case .plain:
        stack.removeLast()
        (pc, position) = (entry.instruction, entry.position)
        return true
      case .restoreMark:
        stack.removeLast()
        marks[entry.mark] = entry.position
      case .giveBack:
        position = UTF8Text.before(text, entry.position)
        pc = entry.instruction
        if position <= entry.bound { stack.removeLast() } else { stack[last].position = position }
        return true
      case .takeMore:
        let next = end(ofOne: entry.mark, at: entry.position, limits)
        guard next >= 0, entry.bound > 0 else {
          stack.removeLast()
          continue
        }
        stack[last].position = next
        stack[last].bound -= 1
        (pc, position) = (entry.instruction, next)
        return true
      case .alternative:
        stack.removeLast()
        guard case .alternatives(let branches) = program.instructions[entry.instruction] else { continue }
        if enter(branches, from: entry.bound, entry.instruction, entry.position, limits, &pc) {
          position = entry.position
          return true
        }
      }
    }
    return false
  }

  /// Goes into the first branch from `index` on that has a chance, and remembers the next one that has.
  private mutating func enter(
    _ branches: [RegexProgram.Branch], from index: Int, _ instruction: Int, _ position: Int,
    _ limits: Range<Int>, _ pc: inout Int
  ) -> Bool {
    let byte = position < limits.upperBound ? text[position] : nil
    var chosen = -1
    for candidate in index..<branches.count where branches[candidate].first.admits(byte) {
      if chosen < 0 {
        chosen = candidate
        continue
      }
      stack.append(
        Retry(instruction: instruction, position: position, bound: candidate, kind: .alternative, mark: 0))
      break
    }
    guard chosen >= 0 else { return false }
    pc = branches[chosen].target
    return true
  }

  /// Where a scalar of the class at `position` ends, -1 when none is there.
  @inline(__always) private func end(ofOne index: Int, at position: Int, _ limits: Range<Int>) -> Int {
    guard position < limits.upperBound else { return -1 }
    let byte = text[position]
    if byte < 0x80 { return program.classes[index].containsASCII(byte) ? position + 1 : -1 }
    let (value, length) = UTF8Text.scalar(text, at: position)
    return program.classes[index].contains(value) ? position + length : -1
  }

  private mutating func takeLoop(
    _ index: Int, _ least: Int, _ most: Int, _ greed: RegexNode.Greed, _ position: inout Int, _ next: Int,
    _ limits: Range<Int>
  ) -> Bool {
    var taken = 0
    var atLeast = position
    let goal = greed == .lazy ? least : most
    while taken < goal {
      let end = end(ofOne: index, at: position, limits)
      if end < 0 { break }
      position = end
      taken += 1
      if taken == least { atLeast = position }
    }
    stepsLeft -= taken >> 3
    if taken < least { return false }
    if greed == .greedy, taken > least {
      stack.append(Retry(instruction: next, position: position, bound: atLeast, kind: .giveBack, mark: 0))
    } else if greed == .lazy, most > least {
      stack.append(
        Retry(instruction: next, position: position, bound: most - least, kind: .takeMore, mark: index))
    }
    return true
  }

  private func isWord(before position: Int, _ limits: Range<Int>) -> Bool {
    guard position > limits.lowerBound else { return false }
    return isWord(at: UTF8Text.before(text, position), limits)
  }

  private func isWord(at position: Int, _ limits: Range<Int>) -> Bool {
    guard position < limits.upperBound else { return false }
    let value = UTF8Text.scalar(text, at: position).value
    return ScalarClass.Part.word.contains(value, ScalarProperties.category(value))
  }

  private func tooManySteps() -> VLMError {
    VLMError(
      .tokenizerRegexSteps,
      "regular expression \"\(program.pattern)\" backtracks without end on this text",
      remedy: "the pattern of this tokenizer is pathological; do not use it")
  }
}
