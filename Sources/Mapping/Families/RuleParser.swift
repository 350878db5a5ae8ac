internal import Tensors

/// Collects the rules of a family file, expands their alternatives, and refuses what cannot be undone.
struct RuleParser {
  /// The file that the rule being added stands in.
  var file: String
  private var isShared = false
  private(set) var rules: [MappingRule] = []
  private(set) var ignores: [IgnoreRule] = []
  private(set) var ignoredTrees: [IgnoredTree] = []
  private(set) var listing: [RuleListing] = []

  init(file: String) { self.file = file }

  /// Adds a pair of names.
  mutating func addRename(_ entry: UnresolvedFamily.Entry) throws(VLMError) {
    let keys = enter(entry)
    let names = try keys.strings(entry.value, entry.place)
    guard names.count == 2 else {
      throw keys.refuse("\(entry.place) is a pair of source and parameter, not \(names.count) names")
    }
    try add(names[0], names[1], [])
  }

  /// Adds two names with steps between.
  mutating func addConvert(_ entry: UnresolvedFamily.Entry) throws(VLMError) {
    let keys = enter(entry)
    let rule = try keys.object(entry.value, entry.place, required: ["from", "to", "by"], optional: [])
    let from = try keys.string(rule["from"]!, "\(entry.place).from")
    var transforms: [Transform] = []
    for step in try keys.array(rule["by"]!, "\(entry.place).by") {
      transforms.append(try keys.transform(step, "\"\(from)\""))
    }
    guard !transforms.isEmpty else {
      throw VLMError(
        .familyTransform, "\"\(from)\" is converted by nothing", file: file, remedy: "move it to rename")
    }
    try add(from, try keys.string(rule["to"]!, "\(entry.place).to"), transforms)
  }

  /// Adds tensors that no layer uses.
  mutating func addIgnore(_ entry: UnresolvedFamily.Entry) throws(VLMError) {
    let keys = enter(entry)
    let rule = try keys.object(
      entry.value, entry.place, required: ["tensors", "because"], optional: ["numbers", "zeros"])
    try ignore(
      try keys.string(rule["tensors"]!, "\(entry.place).tensors"),
      because: try keys.string(rule["because"]!, "\(entry.place).because"),
      anew: try keys.anew(rule, entry.place))
  }

  private mutating func enter(_ entry: UnresolvedFamily.Entry) -> FamilyKeys {
    file = entry.file
    isShared = entry.isShared
    return FamilyKeys(file: file)
  }

  private mutating func add(_ from: String, _ to: String, _ transforms: [Transform]) throws(VLMError) {
    let source = try NamePattern(from, file: file)
    let target = try NamePattern(to, file: file)
    func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(.familyNotInvertible, "\"\(from)\" to \"\(to)\": \(message)", file: file, remedy: remedy)
    }
    let captured = Set(source.indexNames)
    let used = Set(target.indexNames)
    guard captured == used else {
      let names = captured.symmetricDifference(used).sorted().map { "{\($0)}" }.joined(separator: ", ")
      throw refuse("\(names) stands on one side only, so the way back is lost")
    }
    guard source.alternatives.map(\.count) == target.alternatives.map(\.count) else {
      throw refuse("the two sides do not have the same number of alternatives in the same order")
    }
    try checkFan(source, target, transforms, refuse)
    listing.append(
      RuleListing(source: from, target: to, transforms: transforms, isIgnored: false, isShared: isShared))
    for choice in Self.choices(source.alternatives.map(\.count)) {
      let rule = MappingRule(
        sources: source.templates(choosing: choice), parameters: target.templates(choosing: choice),
        transforms: transforms, listIndex: source.indexList ?? target.indexList,
        listIsInSource: source.indexList != nil)
      for template in rule.sources + rule.parameters { try checkDigits(template) }
      rules.append(rule)
    }
  }

  private func checkFan(
    _ source: NamePattern, _ target: NamePattern, _ transforms: [Transform],
    _ refuse: (String, String?) -> VLMError
  ) throws(VLMError) {
    let listsIn = source.list != nil || source.indexList != nil
    let listsOut = target.list != nil || target.indexList != nil
    let fans = transforms.filter { $0.fansIn || $0.fansOut }
    guard source.list == nil || source.indexList == nil else {
      throw refuse("a list for every index of another in the sources", "the parameters may have that")
    }
    if target.list != nil, target.indexList != nil {
      guard !listsIn, fans.count == 2, case .unstack = fans[0], case .split = fans[1] else {
        throw refuse("a list for every index takes an unstack and then a split", nil)
      }
      return
    }
    guard fans.count <= 1 else { throw refuse("more than one of split, concat, stack, unstack", nil) }
    guard !(listsIn && listsOut) else { throw refuse("a list on both sides", "use alternatives {a,b}") }
    guard listsIn == (fans.first?.fansIn ?? false) else {
      throw refuse(
        listsIn ? "several sources and nothing that joins them" : "a join of one source",
        listsIn ? "add { concat: axis } or { stack: axis }" : "list the sources as [a,b]")
    }
    guard listsOut == (fans.first?.fansOut ?? false) else {
      throw refuse(
        listsOut ? "several parameters and nothing that takes the source apart" : "a cut into one parameter",
        listsOut ? "add { split: axis } or { unstack: axis }" : "list the parameters as [a,b]")
    }
    if target.indexList != nil, let fan = fans.first, case .split = fan {
      throw refuse("a split needs its parts by name", "use unstack, or list the parameters")
    }
  }

  /// - Parameter anew: what the tensor is made of, when it has to be written anew.
  private mutating func ignore(
    _ text: String, because reason: String, anew: IgnoreRule.Anew?
  ) throws(VLMError) {
    let isTree = text.hasSuffix(".*")
    let pattern = try NamePattern(isTree ? String(text.dropLast()) : text, file: file)
    guard pattern.list == nil, pattern.indexList == nil else {
      throw VLMError(
        .familyPattern, "\"\(text)\": nothing is joined in ignore", file: file, remedy: "use {a,b} and {i}")
    }
    guard anew == nil || (pattern.indexNames.isEmpty && pattern.alternatives.isEmpty) else {
      throw VLMError(
        .familyPattern, "\"\(text)\": what is written anew has one name", file: file,
        remedy: "give each a rule of its own")
    }
    listing.append(
      RuleListing(source: text, target: reason, transforms: [], isIgnored: true, isShared: isShared))
    for choice in Self.choices(pattern.alternatives.map(\.count)) {
      let template = pattern.templates(choosing: choice)[0]
      try checkDigits(template)
      if isTree {
        guard pattern.indexNames.isEmpty, anew == nil else {
          throw VLMError(.familyPattern, "\"\(text)\": what is above a * has one name", file: file)
        }
        ignoredTrees.append(IgnoredTree(root: template.text, reason: reason))
        continue
      }
      ignores.append(IgnoreRule(template: template, reason: reason, anew: anew))
    }
  }

  /// Two runs of digits that touch could be cut in several ways.
  private func checkDigits(_ template: NameTemplate) throws(VLMError) {
    guard !template.forms.contains(where: \.hasAdjacentRuns) else {
      throw VLMError(
        .familyPattern, "\"\(template.text)\": an index that touches a digit or another index is ambiguous",
        file: file)
    }
  }

  /// Every combination of one choice per alternative.
  private static func choices(_ counts: [Int]) -> [[Int]] {
    counts.reduce([[]]) { choices, count in choices.flatMap { choice in (0..<count).map { choice + [$0] } } }
  }

  func keys(_ templates: KeyPath<MappingRule, [NameTemplate]>) -> [String: [(rule: Int, position: Int)]] {
    var keys: [String: [(rule: Int, position: Int)]] = [:]
    for (index, rule) in rules.enumerated() {
      for (position, template) in rule[keyPath: templates].enumerated() {
        for form in template.forms { keys[form.key, default: []].append((index, position)) }
      }
    }
    return keys
  }

  /// Refuses two rules that would claim one tensor, or fill one parameter.
  func checkOverlaps() throws(VLMError) {
    let sources = rules.flatMap(\.sources) + ignores.map(\.template)
    try checkOverlaps(sources, "claim the same tensors")
    for (index, tree) in ignoredTrees.enumerated() {
      let others = ignoredTrees[..<index].map(\.root)
      let other =
        sources.first(where: tree.overlaps)?.text
        ?? others.first { $0.hasPrefix(tree.root) || tree.root.hasPrefix($0) }.map { $0 + "*" }
      guard let other else { continue }
      throw VLMError(
        .familyAmbiguous, "\"\(tree.root)*\" and \"\(other)\" claim the same tensors", file: file,
        remedy: "every tensor has exactly one rule")
    }
    try checkOverlaps(rules.flatMap(\.parameters), "fill the same parameters")
  }

  private func checkOverlaps(_ templates: [NameTemplate], _ what: String) throws(VLMError) {
    let forms = templates.indices.flatMap { index in templates[index].forms.map { (index, $0.key) } }
    for group in Dictionary(grouping: forms, by: \.1).values where group.count > 1 {
      for (place, (index, _)) in group.enumerated() {
        for (other, _) in group[(place + 1)...]
        where other != index && templates[index].overlaps(templates[other]) {
          throw VLMError(
            .familyAmbiguous, "\"\(templates[index].text)\" and \"\(templates[other].text)\" \(what)",
            file: file,
            remedy: "every tensor has exactly one rule")
        }
      }
    }
  }
}
