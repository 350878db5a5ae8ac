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
      let judged = judged(index)
      let gates = gates(
        reference, fuses: judged.contains(.fusion),
        creditsEncoder: VerdictRule.creditsEncoder(outcome, modules, ladder: ladder.modules))
      let failed = gates.filter { $0.required && !$0.passed }
      if !failed.isEmpty { (outcome, modules) = (.notIdentifiable, []) }
      let named = own.first { modules == [$0.module] }
      return ProbeVerdict(
        target: reference.target, outcome: outcome, modules: modules,
        sentence: Wording.verdict(
          outcome, modules, ladder: judged, title: title, contrast: named, delta: reference.delta,
          failed: failed.first, confidence: validation.settings.confidence) + Wording.noBetter(gates),
        reasons: own.map { Wording.contrast($0, reference, ladder: judged) }
          + own.compactMap { Wording.kindOfLoss($0, delta: reference.delta) }
          + (outcome == .tied
            ? own.compactMap { Wording.settling($0, delta: reference.delta, episodes: problem.tasks.count) }
            : [])
          + [Wording.bounds(reference)],
        gates: gates)
    }
  }

  func overall(_ verdicts: [ProbeVerdict]) -> ProbeVerdict {
    let (outcome, modules) = VerdictRule.overall(verdicts, ladder: ladder.modules)
    let judged = zip(verdicts, targetIndices).filter { $0.0.outcome != .notIdentifiable }.flatMap {
      self.judged($0.1)
    }
    return ProbeVerdict(
      target: nil, outcome: outcome, modules: modules,
      sentence: Wording.overall(
        outcome, modules, verdicts, ladder: ladder.modules.filter { judged.contains($0) },
        titles: problem.targets.map(\.target.title)),
      reasons: verdicts.map(\.sentence), gates: [])
  }

  private func gates(_ reference: TargetReferences, fuses: Bool, creditsEncoder: Bool) -> [ProbeGate] {
    let settings = validation.settings
    let delta = reference.delta
    let gained = reference.trained - reference.randomlyInitialised
    // Either will do: fixed features may be too weak for what a trained encoder reads. Labels that neither can read pass by
    // luck twice as often as the significance says, and then have still to show a loss.
    let labelsP = min(reference.framesNullP, reference.encoderNullP)
    var gates = DataConditions.gates(
      tasks: problem.tasks, folds: validation.folds, settings: settings)
    gates += [
      ProbeGate(
        name: "range", passed: reference.gain > delta,
        sentence:
          "frames and model add \(Wording.number(reference.gain)) R2 to time, task and the robot's own record; it must be "
          + "more than \(Wording.number(delta))",
        required: true),
      ProbeGate(
        name: "labels", passed: labelsP < settings.significance,
        sentence: "the frames, or the encoder, predict the labels better than labels of other episodes: p = "
          + "\(Wording.number(labelsP)), to be below \(settings.significance)",
        required: true),
      ProbeGate(
        name: "encoder", passed: gained > delta,
        sentence:
          "training the encoder gained \(Wording.number(gained)) R2 over random weights; it must be more "
          + "than \(Wording.number(delta))",
        required: false),
      ProbeGate(
        name: "pixels", passed: reference.trained - reference.pixels > delta,
        sentence:
          "the encoder's output gained \(Wording.number(reference.trained - reference.pixels)) R2 over pixels; it "
          + "must be more than \(Wording.number(delta))",
        required: false),
      ProbeGate(
        name: "selectivity", passed: reference.selectivity > 0,
        sentence:
          "the encoder reads the target better than meaningless labels of the same shape and scenes, by "
          + "\(Wording.number(reference.selectivity)) R2",
        required: creditsEncoder),
      ProbeGate(
        name: "permutation", passed: reference.encoderNullP < settings.significance,
        sentence: "the encoder predicts the labels better than labels of other episodes: p = "
          + "\(Wording.number(reference.encoderNullP)), to be below \(settings.significance)",
        required: creditsEncoder),
    ]
    if let told = reference.taskToldByScene {
      var sentence = "the scene tells the task with R2 \(Wording.number(told))"
      if let taskGain = reference.taskGain, let pictureGain = reference.pictureGain {
        sentence +=
          "; the task adds \(Wording.number(taskGain)) R2 to what is seen before the language model, and that adds "
          + "\(Wording.number(pictureGain)) to the task. The fusion is judged where both are more than \(Wording.number(delta))"
      } else {
        sentence += ", so that nothing has to be fused. The fusion is judged below \(LadderScores.givenAway)"
      }
      gates.append(ProbeGate(name: "instruction", passed: fuses, sentence: sentence, required: false))
    }
    return gates
  }
}
