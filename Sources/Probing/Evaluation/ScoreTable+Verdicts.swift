/// The gates of every target, and its verdict in words.
extension ScoreTable {
  func verdicts(_ references: [TargetReferences], _ contrasts: [ProbeContrast]) -> [ProbeVerdict] {
    references.enumerated().map { index, reference in
      let title = problem.targets[index].target.title
      let own = contrasts.filter { $0.target == reference.target }
      let evidence = own.map {
        VerdictRule.Evidence($0.module, $0.interval, advantage: $0.advantageInterval)
      }
      var (outcome, modules) = VerdictRule.outcome(evidence, delta: reference.delta)
      let gates = gates(reference, creditsEncoder: VerdictRule.creditsEncoder(outcome, modules, ladder: ladder.modules))
      let failed = gates.filter { $0.required && !$0.passed }
      if !failed.isEmpty { (outcome, modules) = (.notIdentifiable, []) }
      let place = own.firstIndex { modules == [$0.module] }
      let named = place.map { own[$0] }
      let next = place.flatMap { own.indices.contains($0 + 1) ? own[$0 + 1] : nil }
      return ProbeVerdict(
        target: reference.target, outcome: outcome, modules: modules,
        sentence: Wording.verdict(
          outcome, modules, ladder: ladder.modules, title: title, contrast: named, delta: reference.delta,
          failed: failed.first, confidence: validation.settings.confidence),
        reasons: own.map { Wording.contrast($0, reference, ladder: ladder.modules) }
          + (named.map { [Wording.kindOfLoss($0, next: next, delta: reference.delta)] } ?? []),
        gates: gates)
    }
  }

  func overall(_ verdicts: [ProbeVerdict]) -> ProbeVerdict {
    let (outcome, modules) = VerdictRule.overall(verdicts, ladder: ladder.modules)
    return ProbeVerdict(
      target: nil, outcome: outcome, modules: modules,
      sentence: Wording.overall(
        outcome, modules, verdicts, ladder: ladder.modules, titles: problem.targets.map(\.target.title)),
      reasons: verdicts.map(\.sentence), gates: [])
  }

  private func gates(_ reference: TargetReferences, creditsEncoder: Bool) -> [ProbeGate] {
    let settings = validation.settings
    let delta = reference.delta
    let gained = reference.trained - reference.randomlyInitialised
    let oracleP = reference.oracleNullP ?? 1
    var gates = DataConditions.gates(
      tasks: problem.tasks, folds: validation.folds, isStateRecorded: reference.ceiling != nil,
      settings: settings)
    if let ceiling = reference.ceiling {
      gates.append(
        ProbeGate(
          name: "range", passed: ceiling - reference.floor > delta,
          sentence:
            "the state adds \(Wording.number(ceiling - reference.floor)) R2 to time, task and the robot's own "
            + "record (\(Wording.number(reference.floor)) to \(Wording.number(ceiling))); it must be more than "
            + Wording.number(delta),
          required: true))
      gates.append(
        ProbeGate(
          name: "labels", passed: oracleP < settings.significance,
          sentence: "the state predicts the labels better than labels of other episodes: p = "
            + "\(Wording.number(oracleP)), to be below \(settings.significance)",
          required: true))
    }
    gates += [
      ProbeGate(
        name: "encoder", passed: gained > delta,
        sentence:
          "training the encoder gained \(Wording.number(gained)) R2 over random weights; it must be more "
          + "than \(Wording.number(delta))",
        required: creditsEncoder),
      ProbeGate(
        name: "selectivity", passed: reference.selectivity > 0,
        sentence: "the encoder reads the target better than meaningless labels of the same scenes, by "
          + "\(Wording.number(reference.selectivity)) R2",
        required: creditsEncoder),
      ProbeGate(
        name: "permutation", passed: reference.encoderNullP < settings.significance,
        sentence: "the encoder predicts the labels better than labels of other episodes: p = "
          + "\(Wording.number(reference.encoderNullP)), to be below \(settings.significance)",
        required: creditsEncoder),
    ]
    return gates
  }
}
