/// A name with captured indexes and nothing left to choose: `visual.blocks.{i}.norm1.weight`.
///
/// Names are looked up by a key, the name with each run of digits replaced by `#`, so finding a name's rule
/// does not depend on how many rules there are.
struct NameTemplate: Sendable {
  enum Part: Equatable, Sendable {
    case literal(String)
    case index(String)
    /// An index as Keras numbers the layers of a class: nothing for 0, `_1`, `_2`, …
    case ordinal(String)
  }

  /// One way in which a name can be spelt; there are two where an ordinal may be left out.
  struct Form: Sendable {
    let key: String
    /// For every run of digits in order: the digits that must stand there, or the index captured.
    let slots: [Part]
    /// The ordinal that is 0 in this form because it does not stand there.
    let absent: String?

    /// Whether two runs of digits touch.
    var hasAdjacentRuns: Bool {
      zip(key.utf8, key.utf8.dropFirst()).contains { $0 == UInt8(ascii: "#") && $1 == UInt8(ascii: "#") }
    }
  }

  let parts: [Part]
  let forms: [Form]
  /// Fields of the configuration whose k-th number stands for index k, by the index's name.
  let lists: [String: String]

  init(_ parts: [Part], lists: [String: String] = [:]) {
    self.lists = lists
    let ordinal = parts.lazy.compactMap { if case .ordinal(let name) = $0 { name } else { nil } }.first
    self.parts = Self.joined(parts)
    forms =
      ordinal == nil ? [Form(parts, absent: nil)] : [Form(parts, absent: nil), Form(parts, absent: ordinal)]
  }

  /// Adjacent literals become one: a run of digits may stretch over two.
  private static func joined(_ parts: [Part]) -> [Part] {
    var joined: [Part] = []
    for part in parts {
      if case .literal(let text) = part, case .literal(let before)? = joined.last {
        joined[joined.count - 1] = .literal(before + text)
      } else {
        joined.append(part)
      }
    }
    return joined
  }

  /// The captured indexes when `name` is one of this template's.
  func match(_ name: DigitRuns) -> [String: Int]? {
    for form in forms where form.key == name.key {
      if let indexes = form.match(name) { return indexes }
    }
    return nil
  }

  /// Whether some name matches both.
  func overlaps(_ other: NameTemplate) -> Bool {
    forms.contains { one in other.forms.contains { one.overlaps($0) } }
  }

  func name(_ indexes: [String: Int]) -> String {
    parts.reduce(into: "") { name, part in
      switch part {
      case .literal(let text): name += text
      case .index(let index): name += String(indexes[index] ?? 0)
      case .ordinal(let index):
        if let value = indexes[index], value > 0 { name += "_\(value)" }
      }
    }
  }

  /// The template with its indexes in braces, for messages and listings.
  var text: String {
    parts.reduce(into: "") { text, part in
      switch part {
      case .literal(let literal): text += literal
      case .index(let index): text += "{\(index)}"
      case .ordinal(let index): text += "{_\(index)}"
      }
    }
  }
}

extension NameTemplate.Form {
  fileprivate init(_ parts: [NameTemplate.Part], absent: String?) {
    var spelt: [NameTemplate.Part] = []
    for part in parts {
      if case .ordinal = part {
        // Joined to what stands around it, for that may end in digits.
        if absent == nil { spelt += [.literal("_"), part] }
      } else {
        spelt.append(part)
      }
    }
    var key = ""
    var slots: [NameTemplate.Part] = []
    for part in NameTemplate.joined(spelt) {
      switch part {
      case .literal(let text):
        let name = DigitRuns(text)
        key += name.key
        slots += name.runs.map(NameTemplate.Part.literal)
      case .index, .ordinal:
        key += "#"
        slots.append(part)
      }
    }
    self.key = key
    self.slots = slots
    self.absent = absent
  }

  /// The captured indexes when `name`, whose key is this form's, has the digits that it asks for.
  func match(_ name: DigitRuns) -> [String: Int]? {
    guard name.runs.count == slots.count else { return nil }
    var indexes = absent.map { [$0: 0] } ?? [:]
    for (slot, run) in zip(slots, name.runs) {
      switch slot {
      case .literal(let digits):
        guard digits == run else { return nil }
      case .index(let index), .ordinal(let index):
        // A leading zero would be lost on the way back, as would an ordinal 0 that is written out.
        guard run.count <= 9, run == "0" || !run.hasPrefix("0"), let value = Int(run) else { return nil }
        if case .ordinal = slot, value == 0 { return nil }
        indexes[index] = value
      }
    }
    return indexes
  }

  func overlaps(_ other: NameTemplate.Form) -> Bool {
    key == other.key
      && zip(slots, other.slots).allSatisfy { one, two in
        if case .literal(let first) = one, case .literal(let second) = two { return first == second }
        return true
      }
  }
}

/// A name split into what stands between digits and the digits: `blocks.12.w` is key `blocks.#.w` and runs
/// `["12"]`.
struct DigitRuns {
  let key: String
  let runs: [String]

  init(_ name: String) {
    var key = ""
    var runs: [String] = []
    var rest = name[...]
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    while let start = rest.utf8.firstIndex(where: isDigit) {
      let end = rest.utf8[start...].firstIndex { !isDigit($0) } ?? rest.endIndex
      key += rest[..<start]
      key += "#"
      runs.append(String(rest[start..<end]))
      rest = rest[end...]
    }
    self.key = runs.isEmpty ? name : key + rest
    self.runs = runs
  }
}
