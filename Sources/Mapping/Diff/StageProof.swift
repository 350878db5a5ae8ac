package import Tensors

/// Which stages of training may lie between two checkpoints of a VLM: what of each part is as it was, what moved, where most.
///
///     let diff = try CheckpointDiff.between(base, stage)
///     try diff.requireStage(.imitation)   // throws where the vision encoder or the projector moved, or language did not
///
/// A part is as it was when the second checkpoint's values are the first's, or the first's rounded to the dtype that was saved. The
/// reverse is no proof: from F32 to the BF16 it started from, what moved may have moved by less than BF16 tells apart.
package struct StageProof: Codable, Sendable, Equatable {
  /// The vision encoder, the projector or the language model.
  package struct Part: Codable, Sendable, Equatable {
    package let component: ModelComponent
    /// Parameters that both have, over the rows that both have; each is exact, rounded or moved.
    package let tensors: Int
    /// Of the same values, whatever the dtype.
    package let exact: Int
    /// The first's values rounded to the second's dtype.
    package let rounded: Int
    /// Of other values.
    package let moved: Int
    /// Parameters that only one has, or that were resized, but for rows of a vocabulary.
    package let untold: [String]
    /// `‖b - a‖ / ‖a‖` over the part; absent where `a` is zero throughout.
    package let relative: Double?
    /// The module that moved most, by its own `‖b - a‖ / ‖a‖`; absent where none did.
    package let most: Module?
  }

  package struct Module: Codable, Sendable, Equatable {
    package let name: String
    /// In the hub's names of the first checkpoint.
    package let sources: [String]
    package let relative: Double?
  }

  /// What speaks against a stage.
  package struct Verdict: Codable, Sendable, Equatable {
    package let stage: TrainingStage
    package let fits: Bool
    package let faults: [String]
    /// The known cause, or what to look for; absent where the stage fits.
    package let remedy: String?
  }

  /// Vision encoder, projector, language.
  package let parts: [Part]
  package let verdicts: [Verdict]
  /// All of it in one sentence.
  package let sentence: String

  package var hasMoved: Bool { parts.contains { $0.moved > 0 } }

  package func verdict(on stage: TrainingStage) -> Verdict { verdicts.first { $0.stage == stage }! }

  /// Of checkpoints in whose way no `obstacle` is.
  init(_ second: MappedCheckpoint, _ plan: DiffPlan, _ measures: [DiffMeasure], _ diff: Findings) {
    var members: [ModelComponent: [(name: String, measure: DiffMeasure)]] = [:]
    for (pair, measure) in zip(plan.pairs, measures) { members[pair.component, default: []].append((pair.name, measure)) }
    // A vocabulary may grow; of an encoder or a projector of other extents not all can have stayed.
    let resized = plan.resized.filter { $0.comparedRows == nil || plan.components[$0.name] != .language }.map(\.name)
    let untold = plan.onlyInFirst + plan.onlyInSecond + resized
    parts = TrainingStage.parts.map { component in
      let members = members[component] ?? []
      let moved = members.filter { !$0.measure.isEqual && !$0.measure.isCast }.map(\.name)
      let modules = Set(moved.map(CheckpointDiff.module(of:)))
      let most = diff.modules.filter { modules.contains($0.name) }
        .max { ($0.figures.relative ?? .infinity) < ($1.figures.relative ?? .infinity) }
      let exact = members.count { $0.measure.isEqual }
      return Part(
        component: component, tensors: members.count, exact: exact, rounded: members.count - exact - moved.count, moved: moved.count,
        untold: untold.filter { plan.components[$0] == component },
        relative: diff.components.first { $0.name == component.rawValue }?.figures.relative,
        most: most.map { Module(name: $0.name, sources: $0.sources ?? [], relative: $0.figures.relative) })
    }
    let words = StageWording(parts: parts, resized: plan.resized, findings: diff, of: second)
    verdicts = TrainingStage.allCases.map { words.verdict(on: $0) }
    sentence = words.sentence(fitting: verdicts.filter(\.fits).map(\.stage))
  }

  /// What else a comparison found.
  struct Findings {
    let components: [CheckpointDiff.Group]
    let modules: [CheckpointDiff.Group]
    let parameters: [CheckpointDiff.Parameter]
  }

  /// Why no stage can be told.
  static func obstacle(_ first: MappedCheckpoint, _ second: MappedCheckpoint, _ plan: DiffPlan) -> String? {
    let families = [first, second].map(\.configuration.family)
    if families[0] != families[1] { return "is of another family, \(families[1]) and not \(families[0])" }
    for component in TrainingStage.parts where !plan.pairs.contains(where: { $0.component == component }) {
      return "has no \(CheckpointDiff.words[component.rawValue]!) to compare: a stage is of a whole VLM"
    }
    if first.configuration.contrastive != nil { return "is a dual encoder and no VLM" }
    if plan.pairs.contains(where: { $0.first.scale != nil || $0.second.scale != nil }) {
      return "cannot be told from training where either is int8: compare the float checkpoints"
    }
    return nil
  }
}

extension CheckpointDiff {
  /// The module that a parameter belongs to.
  static func module(of parameter: String) -> String { parameter.split(separator: ".").dropLast().joined(separator: ".") }

  /// - Throws: `mapping.diff.stage-untold` where no stage can be told, `mapping.diff.stage-refuted` where the second is not what the
  ///   first becomes by that stage, with the module that speaks against it.
  package func requireStage(_ stage: TrainingStage) throws(VLMError) {
    guard let stages else {
      throw VLMError(.stageUntold, stagesUntold ?? "is not told from the first by stages", file: second.path)
    }
    let verdict = stages.verdict(on: stage)
    guard !verdict.fits else { return }
    let culprit = stages.parts.first { stage.frozen.contains($0.component) && $0.moved > 0 }?.most?.name
    throw VLMError(
      .stageRefuted, "is not stage \(stage.numeral) of \(first.path): \(verdict.faults.joined(separator: "; "))", file: second.path,
      tensor: culprit, remedy: verdict.remedy)
  }
}
