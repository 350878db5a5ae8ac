internal import Tensors

/// One side of a rule as a family file spells it.
///
///     {i}           an index, captured by name
///     {_i}          an index as Keras numbers the layers of one class: nothing for 0, then `_1`, `_2`, …
///     {k=list.field} an index, the k-th number of a list of the configuration
///     {weight,bias} alternatives; the two sides of a rule choose the same one
///     [query,key]   a list: several tensors at once, joined or taken apart by the rule's transform
///     [e]           a list over an index: 0, 1, 2, … as many as there are; with a list beside it, all of that list for 0,
///                   then all of it for 1, and so on
///
/// Everything else stands for itself.
struct NamePattern: Sendable {
  enum Token: Equatable, Sendable {
    case literal(String)
    case index(String)
    case ordinal(String)
    /// `list` names the field.
    case listed(String, list: String)
    case alternatives([String])
    case list([String])
    case indexList(String)
  }

  let text: String
  let tokens: [Token]

  private static let brackets = Array("{}[]".utf8)

  init(_ text: String, file: String) throws(VLMError) {
    func refuse(_ message: String) -> VLMError {
      VLMError(.familyPattern, "pattern \"\(text)\": \(message)", file: file)
    }
    var tokens: [Token] = []
    var literal = ""
    var rest = text[...]
    while true {
      let plain = rest.utf8.prefix { !Self.brackets.contains($0) }
      literal += rest[..<plain.endIndex]
      rest = rest[plain.endIndex...]
      guard let character = rest.popFirst() else { break }
      guard character == "{" || character == "[" else {
        throw refuse("'\(character)' without its opening bracket")
      }
      let closing: Character = character == "{" ? "}" : "]"
      guard let end = rest.firstIndex(of: closing) else { throw refuse("'\(character)' is not closed") }
      let choices = rest[..<end].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      rest = rest[rest.index(after: end)...]
      guard
        choices.allSatisfy({
          !$0.isEmpty && !$0.utf8.contains { Self.brackets.contains($0) || $0 == UInt8(ascii: " ") }
        })
      else {
        throw refuse("empty or nested choices")
      }
      guard Set(choices).count == choices.count else { throw refuse("the same choice twice") }
      if !literal.isEmpty { tokens.append(.literal(literal)) }
      literal = ""
      let isOrdinal = choices.count == 1 && closing == "}" && choices[0].hasPrefix("_")
      let parts =
        choices.count == 1 && closing == "}"
        ? choices[0].split(separator: "=", omittingEmptySubsequences: false) : []
      let index =
        isOrdinal ? String(choices[0].dropFirst()) : parts.count == 2 ? String(parts[0]) : choices[0]
      if parts.count == 2, !ConfigurationSymbols.isName(String(parts[1])) {
        throw refuse("\"\(parts[1])\" is no field of the configuration")
      }
      if choices.count == 1, index.isEmpty || !index.allSatisfy(\.isLetter) {
        throw refuse("an index is named by letters")
      }
      switch (closing, choices.count) {
      case ("}", 1) where parts.count == 2: tokens.append(.listed(index, list: String(parts[1])))
      case ("}", 1): tokens.append(isOrdinal ? .ordinal(index) : .index(index))
      case ("}", _): tokens.append(.alternatives(choices))
      case (_, 1): tokens.append(.indexList(index))
      default: tokens.append(.list(choices))
      }
    }
    if !literal.isEmpty { tokens.append(.literal(literal)) }
    guard !tokens.isEmpty else { throw refuse("it is empty") }
    self.text = text
    self.tokens = tokens
    let indexes = indexNames
    guard Set(indexes).count == indexes.count else { throw refuse("an index is captured twice") }
    guard tokens.count(where: { if case .ordinal = $0 { true } else { false } }) <= 1 else {
      throw refuse("more than one index that may be left out")
    }
    guard tokens.count(where: { if case .list = $0 { true } else { false } }) <= 1,
      tokens.count(where: { if case .indexList = $0 { true } else { false } }) <= 1
    else { throw refuse("more than one list") }
  }

  /// Names of single indexes, in order.
  var indexNames: [String] {
    tokens.compactMap { token in
      switch token {
      case .index(let name), .ordinal(let name), .listed(let name, _): name
      default: nil
      }
    }
  }

  /// Choices of every `{a,b}`, in order.
  var alternatives: [[String]] {
    tokens.compactMap { if case .alternatives(let names) = $0 { names } else { nil } }
  }

  /// Choices of `[a,b]`, when there is one.
  var list: [String]? {
    tokens.lazy.compactMap { if case .list(let names) = $0 { names } else { nil } }.first
  }

  /// Name of the index of `[e]`, when there is one.
  var indexList: String? {
    tokens.lazy.compactMap { if case .indexList(let name) = $0 { name } else { nil } }.first
  }

  /// One template per list entry (a single one without a list) for a choice of every alternative.
  func templates(choosing choice: [Int]) -> [NameTemplate] {
    (list ?? [""]).map { entry in
      var parts: [NameTemplate.Part] = []
      var alternative = 0
      for token in tokens {
        switch token {
        case .literal(let text): parts.append(.literal(text))
        case .index(let name), .indexList(let name), .listed(let name, _): parts.append(.index(name))
        case .ordinal(let name): parts.append(.ordinal(name))
        case .alternatives(let names):
          parts.append(.literal(names[choice[alternative]]))
          alternative += 1
        case .list: parts.append(.literal(entry))
        }
      }
      return NameTemplate(parts, lists: lists)
    }
  }

  /// The fields that hold what stands for an index, by its name.
  private var lists: [String: String] {
    tokens.reduce(into: [:]) { lists, token in
      if case .listed(let name, let list) = token { lists[name] = list }
    }
  }
}
