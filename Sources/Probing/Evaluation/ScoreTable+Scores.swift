internal import Features
internal import Statistics

extension ScoreTable {
  /// All scores: pixels and the trained encoder's stages, the random one's, the comparison's, then those with the task.
  func scores(_ references: [TargetReferences]) -> [ProbeScore] {
    var entries: [Entry] = []
    for role in ProbeScore.EncoderRole.allCases where role != .comparison || problem.comparison != nil {
      let stages = problem.source(role).stages
      for stage in stages.indices {
        let readouts = validation.readouts(stages[stage])
        for readout in readouts + (readouts.count > 1 ? [.chosen] : []) {
          entries.append(
            Entry(
              encoder: role, stage: stages[stage].name, readout: readout, score: score(role, stage, readout)!,
              null: results[.stage(role, stage, readout)]?.null))
        }
      }
    }
    // Pixels belong to the family of the trained encoder, beside whose curve they stand.
    let families = [[ProbeScore.EncoderRole.none, .trained], [.randomlyInitialised], [.comparison]]
    var result = families.flatMap { family in
      values(entries.filter { family.contains($0.encoder) }, references, withIntervals: true)
    }
    result += values(withTask(), references, withIntervals: false)
    return result
  }

  private struct Entry {
    let encoder: ProbeScore.EncoderRole
    let stage: String
    let readout: Readout
    let score: FeatureSetScore
    let null: [PermutationNull.Outcome]?
    var isWithTask = false
    var targets: Set<Int>?
  }

  private func withTask() -> [Entry] {
    var entries: [Entry] = []
    func add(
      _ name: String, _ score: FeatureSetScore?, null: [PermutationNull.Outcome]? = nil, only: Set<Int>? = nil
    ) {
      guard let score else { return }
      entries.append(
        Entry(
          encoder: .none, stage: name, readout: .vector, score: score, null: null, isWithTask: true,
          targets: only))
    }
    for form in problem.baselineForms {
      let served = Set(targetIndices.filter { problem.targets[$0].baseline == form })
      add("B+L*", score(.floor(form)), only: served)
      add("O+B+L*", score(.ceiling(form)), only: served)
    }
    add("O+L*", score(.oracle), null: results[.oracle]?.null)
    for stage in ladder.rungs.map(\.exit) {
      let facts = problem.trained.stages[stage]
      let readouts = validation.readouts(facts)
      for readout in readouts + (readouts.count > 1 ? [.chosen] : []) {
        entries.append(
          Entry(
            encoder: .trained, stage: facts.name + "+L*", readout: readout,
            score: score(.trained, stage, readout, withTask: true)!, null: nil, isWithTask: true))
      }
    }
    return entries
  }

  private func values(
    _ entries: [Entry], _ references: [TargetReferences], withIntervals: Bool
  ) -> [ProbeScore] {
    let pairs = entries.flatMap { entry in
      targetIndices.filter { entry.targets?.contains($0) ?? true }.map { (entry: entry, target: $0) }
    }
    let estimates = pairs.map { r2($0.entry.score, $0.target) }
    var intervals: [Interval]?
    if withIntervals, !pairs.isEmpty {
      intervals = MaxT.intervals(
        estimates,
        deleted: .beside(columns: pairs.map { validation.deletedR2($0.entry.score, target: $0.target) }),
        confidence: validation.settings.confidence, seed: validation.settings.seed)
    }
    return pairs.indices.map { index in
      let (entry, target) = pairs[index]
      let columns = validation.targetGroups[target]
      let reference = references[target]
      var normalised: Double?
      if entry.isWithTask, let ceiling = reference.ceiling, ceiling - reference.floor > reference.delta {
        normalised = (estimates[index] - reference.floor) / (ceiling - reference.floor)
      }
      func classScore(_ fit: NestedLogistic.Fit?, _ classes: FrameClasses?) -> ClassScore? {
        guard let fit, let classes else { return nil }
        return ClassScore(fit.probabilities, classes.ofFrame)
      }
      let classes = classScore(entry.score.classes[target], validation.classes[target])
      let control = classScore(entry.score.controlClasses[target], validation.controlClasses[target])
      return ProbeScore(
        encoder: entry.encoder, stage: entry.stage, readout: entry.readout, target: reference.target,
        r2: estimates[index], interval: intervals?[index], columnR2: columns.map { entry.score.columnR2[$0] },
        residualR2: RSquared.average(columns.map { entry.score.residualR2[$0] }), normalised: normalised,
        accuracy: classes?.accuracy, bits: classes?.bits, auc: classes?.auc,
        selectivity: classes.flatMap { own in control.map { own.accuracy - $0.accuracy } },
        savedBits: entry.score.savedBits?[target],
        nullP: entry.null?[target].p, nullMean: entry.null?[target].mean, width: entry.score.width,
        lambdas: entry.score.lambdas.map { $0[target] })
    }
  }
}
