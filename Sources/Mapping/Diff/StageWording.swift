internal import Files

/// What is said of a stage: the sentence, what speaks against each stage, and its known cause.
struct StageWording {
  let parts: [StageProof.Part]
  let resized: [CheckpointDiff.Resized]
  let findings: StageProof.Findings
  /// Whether tensors are Qwen's, whose tower and merger are both below `visual.`.
  let isQwen: Bool
  /// What the second's `config.json` says it was saved by.
  let version: String?

  init(parts: [StageProof.Part], resized: [CheckpointDiff.Resized], findings: StageProof.Findings, of second: MappedCheckpoint) {
    self.parts = parts
    self.resized = resized
    self.findings = findings
    isQwen = findings.parameters.contains { $0.component == .vision && $0.sources?[1].contains { ".\($0)".contains(".visual.") } == true }
    version = second.source["transformers_version"]?.stringValue
  }

  private func part(_ component: ModelComponent) -> StageProof.Part { parts.first { $0.component == component }! }

  // MARK: The sentence

  func sentence(fitting stages: [TrainingStage]) -> String {
    let lead =
      if stages.contains(.grounding) {
        "Everything moved, as in stage II of JARVIS-VLA"
      } else if !stages.isEmpty {
        "Language alone moved, as in stages I and III of JARVIS-VLA"
      } else if parts.contains(where: { $0.moved > 0 }) {
        "What moved fits no stage of JARVIS-VLA (I and III: language alone; II: everything)"
      } else {
        "Nothing moved, which is no stage of JARVIS-VLA"
      }
    return lead + ": " + (parts.map { "\(word($0)) \(state($0))" } + rows()).joined(separator: ", ") + "."
  }

  private func word(_ part: StageProof.Part) -> String { CheckpointDiff.words[part.component.rawValue]! }

  /// `bit-identical`, or `moved 2.1 % in 336 of 338 tensors, most in …`.
  private func state(_ part: StageProof.Part) -> String {
    let untold = part.untold.isEmpty ? "" : " but for what cannot be compared in full (\(Self.list(part.untold)))"
    if part.moved > 0 { return moved(part) + most(part) + untold }
    let members = findings.parameters.filter { $0.component == part.component }
    return findings.components.first { $0.name == part.component.rawValue }.map { CheckpointDiff.verdict($0, members) + untold }
      ?? "not compared"
  }

  private func moved(_ part: StageProof.Part) -> String {
    "moved \(CheckpointDiff.percent(part.relative)) in \(part.moved) of \(part.tensors) tensors"
  }

  private func most(_ part: StageProof.Part) -> String {
    guard let most = part.most else { return "" }
    let sources = most.sources.isEmpty ? "" : " (\(Self.list(most.sources)))"
    return ", most in \(most.name)\(sources) by \(CheckpointDiff.percent(most.relative))"
  }

  /// `251 rows added to language.token_embedding.weight and language.head.weight, their first 64 compared`
  private func rows() -> [String] {
    var groups: [(added: Int, compared: Int, names: [String])] = []
    for item in resized {
      guard let compared = item.comparedRows else { continue }
      let added = item.shapes[1][0] - item.shapes[0][0]
      if let index = groups.firstIndex(where: { $0.added == added && $0.compared == compared }) {
        groups[index].names.append(item.name)
      } else {
        groups.append((added, compared, [item.name]))
      }
    }
    return groups.map { group in
      "\(abs(group.added)) \(abs(group.added) == 1 ? "row" : "rows") \(group.added > 0 ? "added to" : "taken from") "
        + "\(group.names.joined(separator: " and ")), the first \(group.compared) compared"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  // MARK: Verdicts

  func verdict(on stage: TrainingStage) -> StageProof.Verdict {
    var faults: [String] = []
    for part in parts {
      if !stage.frozen.contains(part.component) {
        if part.moved == 0 { faults.append("\(word(part)) is claimed to train and did not move (\(state(part)))") }
      } else if part.moved > 0 {
        faults.append("\(word(part)) is claimed frozen and \(moved(part))")
      } else if !part.untold.isEmpty {
        faults.append("\(word(part)) is claimed frozen and cannot be compared in full: \(Self.list(part.untold))")
      }
    }
    return StageProof.Verdict(
      stage: stage, fits: faults.isEmpty, faults: faults, remedy: faults.isEmpty ? nil : remedy(stage))
  }

  private func remedy(_ stage: TrainingStage) -> String {
    if !parts.contains(where: { $0.moved > 0 }) { return "give the checkpoint that the training started from, then its result" }
    let (vision, projector) = (part(.vision), part(.projector))
    if stage.frozen.isEmpty {
      return vision.moved == 0 || projector.moved == 0
        ? "look whether fix_visual_encoder or fix_visual_adapter was left on, or whether no pictures were trained on"
        : "look which parts the training left frozen"
    }
    switch (vision.moved > 0, projector.moved > 0) {
    case (true, true): return cause
    case (true, false): return "fix_visual_encoder was off, or its patterns matched nothing"
    case (false, true): return "fix_visual_adapter was off, or its pattern matched nothing"
    case (false, false): return "look whether language was left frozen, or give the base in the stage's shapes"
    }
  }

  /// Why a freeze of encoder and projector alike did nothing.
  private var cause: String {
    let patterns =
      isQwen
      ? "freezing patterns such as visual\\.blocks match from the start of a name, and since transformers 4.52 the tower's names in memory "
        + "begin with model.visual., whatever the file says: they match nothing"
      : "freezing patterns that match from the start of a name match nothing where transformers, since 4.52, puts model. before it"
    guard let version else { return "the known cause: \(patterns)" }
    return Self.isSince452(version)
      ? "the known cause: \(patterns); this was saved by transformers \(version)"
      : "it was saved by transformers \(version), where such patterns still match: freezing was not asked for. Since 4.52 they do not"
  }

  /// Whether a version such as `4.53.0.dev0` is 4.52 or later.
  static func isSince452(_ version: String) -> Bool {
    let numbers = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    return (numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0) >= (4, 52)
  }
}
