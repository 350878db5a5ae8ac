/// A name with captured indexes and nothing left to choose: `visual.blocks.{i}.norm1.weight`.
///
/// Names are looked up by `key`, the name with each run of digits replaced by `#`, so finding a name's rule
/// does not depend on how many rules there are.
struct NameTemplate: Sendable {
  enum Part: Equatable, Sendable {
    case literal(String)
    case index(String)
  }

  let parts: [Part]
  let key: String
  /// For every run of digits in order: the digits that must stand there, or the index captured.
  let slots: [Part]

  init(_ parts: [Part]) {
    // Adjacent literals are joined first: a run of digits may stretch over two.
    var joined: [Part] = []
    for part in parts {
      if case .literal(let text) = part, case .literal(let before)? = joined.last {
        joined[joined.count - 1] = .literal(before + text)
      } else {
        joined.append(part)
      }
    }
    var key = ""
    var slots: [Part] = []
    for part in joined {
      switch part {
      case .literal(let text):
        let name = DigitRuns(text)
        key += name.key
        slots += name.runs.map(Part.literal)
      case .index:
        key += "#"
        slots.append(part)
      }
    }
    self.parts = joined
    self.key = key
    self.slots = slots
  }

  /// The captured indexes when `name`, whose key is this template's, has the digits the template asks for.
  func match(_ name: DigitRuns) -> [String: Int]? {
    guard name.runs.count == slots.count else { return nil }
    var indexes: [String: Int] = [:]
    for (slot, run) in zip(slots, name.runs) {
      switch slot {
      case .literal(let digits):
        guard digits == run else { return nil }
      case .index(let index):
        // A leading zero would be lost on the way back.
        guard run.count <= 9, run == "0" || !run.hasPrefix("0"), let value = Int(run) else { return nil }
        indexes[index] = value
      }
    }
    return indexes
  }

  /// Whether some name matches both.
  func overlaps(_ other: NameTemplate) -> Bool {
    key == other.key
      && zip(slots, other.slots).allSatisfy { one, two in
        if case .literal(let first) = one, case .literal(let second) = two { return first == second }
        return true
      }
  }

  func name(_ indexes: [String: Int]) -> String {
    parts.reduce(into: "") { name, part in
      switch part {
      case .literal(let text): name += text
      case .index(let index): name += String(indexes[index] ?? 0)
      }
    }
  }

  /// The template with its indexes in braces, for messages and listings.
  var text: String {
    parts.reduce(into: "") { text, part in
      switch part {
      case .literal(let literal): text += literal
      case .index(let index): text += "{\(index)}"
      }
    }
  }
}

/// A name split into what stands between digits and the digits: `blocks.12.w` is key `blocks.#.w` and runs
/// `["12"]`.
struct DigitRuns {
  let key: String
  let runs: [String]

  init(_ name: String) {
    var key: [UInt8] = []
    var runs: [String] = []
    var run: [UInt8] = []
    for byte in name.utf8 {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        run.append(byte)
        continue
      }
      if !run.isEmpty {
        runs.append(String(decoding: run, as: UTF8.self))
        key.append(UInt8(ascii: "#"))
        run.removeAll()
      }
      key.append(byte)
    }
    if !run.isEmpty {
      runs.append(String(decoding: run, as: UTF8.self))
      key.append(UInt8(ascii: "#"))
    }
    self.key = String(decoding: key, as: UTF8.self)
    self.runs = runs
  }
}
