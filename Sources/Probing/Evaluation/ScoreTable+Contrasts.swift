internal import Features
internal import Statistics

extension ScoreTable {
  /// What every module loses of every target, the score at the exit before it less that at its own, with simultaneous
  /// intervals over all of them and their differences.
  func contrasts() -> [ProbeContrast] {
    var drafts: [Draft] = []
    for target in targetIndices {
      let losses = ladder.rungs.indices.map { loss($0, target, .chosen) }
      for (rung, own) in losses.enumerated() {
        guard let own else { continue }
        let others = losses.enumerated().filter { $0.offset != rung }.compactMap(\.element)
        drafts.append(Draft(target: target, rung: rung, own: own, advantages: others.map { own.less($0) }))
      }
    }
    let family = drafts.flatMap { [$0.own] + $0.advantages }
    guard !family.isEmpty else { return [] }
    var resamples = Matrix(validation.settings.resamples, family.count)
    for (column, estimate) in family.enumerated() {
      for (row, value) in estimate.resamples.enumerated() { resamples[row, column] = value }
    }
    var intervals = MaxT.intervals(
      family.map(\.value), resamples: resamples, confidence: validation.settings.confidence)[...]
    return drafts.map { draft in
      let interval = intervals.removeFirst()
      let advantages = draft.advantages.map { (value: $0.value, interval: intervals.removeFirst()) }
      let least = advantages.min { $0.interval.lower < $1.interval.lower }
      return ProbeContrast(
        target: problem.targets[draft.target].target.id, module: ladder.rungs[draft.rung].module,
        formula: ladder.formula(draft.rung), value: draft.own.value, interval: interval,
        advantage: least?.value, advantageInterval: least?.interval,
        meanValue: loss(draft.rung, draft.target, .mean)!.value,
        gridValue: (loss(draft.rung, draft.target, .grid) ?? draft.own).value)
    }
  }

  /// A difference of scores, as it is and in every resample.
  struct Estimate {
    let value: Double
    let resamples: [Double]

    func less(_ other: Estimate) -> Estimate {
      Estimate(value: value - other.value, resamples: zip(resamples, other.resamples).map { $0 - $1 })
    }
  }

  private struct Draft {
    let target: Int
    let rung: Int
    let own: Estimate
    /// Over every other module.
    let advantages: [Estimate]
  }

  /// `nil` where one of the two scores is missing: that of a state that was not recorded, or of a readout.
  private func loss(_ rung: Int, _ target: Int, _ readout: Readout) -> Estimate? {
    func exit(_ rung: Int) -> FeatureSetScore? {
      rung < 0 ? score(.oracle) : score(.trained, ladder.rungs[rung].exit, readout, withTask: true)
    }
    return difference(exit(rung - 1), exit(rung), target)
  }

  func difference(_ left: FeatureSetScore?, _ right: FeatureSetScore?, _ target: Int) -> Estimate? {
    guard let left, let right else { return nil }
    let resamples = zip(
      validation.resampledR2(left, target: target), validation.resampledR2(right, target: target)
    ).map { $0 - $1 }
    return Estimate(value: r2(left, target) - r2(right, target), resamples: resamples)
  }

  /// The first checkpoint against the second, stage by stage, on the same episodes and resamples.
  func comparison() -> [ProbeComparison] {
    guard let second = problem.comparison else { return [] }
    var rows: [(stage: String, target: Int, first: Double, second: Double, estimate: Estimate)] = []
    for stage in problem.trained.stages.indices {
      guard let other = counterpart(stage, in: second), let left = score(.trained, stage, .chosen),
        let right = score(.comparison, other, .chosen)
      else { continue }
      for target in targetIndices {
        rows.append(
          (
            problem.trained.stages[stage].name, target, r2(left, target), r2(right, target),
            difference(left, right, target)!
          ))
      }
    }
    guard !rows.isEmpty else { return [] }
    var resamples = Matrix(validation.settings.resamples, rows.count)
    for (column, row) in rows.enumerated() {
      for (index, value) in row.estimate.resamples.enumerated() { resamples[index, column] = value }
    }
    let intervals = MaxT.intervals(
      rows.map(\.estimate.value), resamples: resamples, confidence: validation.settings.confidence)
    let margin = validation.settings.margin
    return zip(rows, intervals).map { row, interval in
      let outcome: ProbeComparison.Outcome =
        interval.upper < margin ? .nothingMeasurable : interval.lower > margin ? .costs : .undecided
      return ProbeComparison(
        stage: row.stage, readout: .chosen, target: problem.targets[row.target].target.id, first: row.first,
        second: row.second, cost: row.estimate.value, interval: interval, outcome: outcome,
        sentence: Wording.cost(outcome, row.estimate.value, interval, margin: margin))
    }
  }

  /// The comparison in one sentence.
  func comparisonSentence(_ rows: [ProbeComparison]) -> String? {
    rows.isEmpty ? nil : Wording.comparison(rows, margin: validation.settings.margin)
  }
}
