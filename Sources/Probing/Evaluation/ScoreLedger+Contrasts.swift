internal import Features
internal import Statistics

extension ScoreLedger {
  /// `g_vis = S(O,L*) - S(E,L*)` and `g_proj = S(E,L*) - S(M,L*)` of every target, with simultaneous intervals over
  /// all of them and their differences.
  func contrasts() -> [ProbeContrast] {
    var drafts: [Draft] = []
    for target in targetIndices {
      let vision = difference(.vision, target, .chosen)
      let projector = difference(.projector, target, .chosen)
      for (module, own, other) in [
        (ProbeContrast.Module.vision, vision, projector), (.projector, projector, vision),
      ] {
        guard let own else { continue }
        drafts.append(
          Draft(
            target: target, module: module, own: own,
            advantage: other.map { other in
              Estimate(
                value: own.value - other.value, resamples: zip(own.resamples, other.resamples).map { $0 - $1 }
              )
            }))
      }
    }
    let family = drafts.flatMap { [$0.own] + ($0.advantage.map { [$0] } ?? []) }
    guard !family.isEmpty else { return [] }
    var resamples = Matrix(workbench.settings.resamples, family.count)
    for (column, estimate) in family.enumerated() {
      for (row, value) in estimate.resamples.enumerated() { resamples[row, column] = value }
    }
    var intervals = MaxT.intervals(
      family.map(\.value), resamples: resamples, confidence: workbench.settings.confidence)[...]
    return drafts.map { draft in
      let interval = intervals.removeFirst()
      let advantage = draft.advantage.map { _ in intervals.removeFirst() }
      return ProbeContrast(
        target: problem.targets[draft.target].target.id, module: draft.module,
        formula: draft.module == .vision ? "S(O,L*) - S(E,L*)" : "S(E,L*) - S(M,L*)", value: draft.own.value,
        interval: interval, advantage: draft.advantage?.value, advantageInterval: advantage,
        meanValue: difference(draft.module, draft.target, .mean)!.value,
        gridValue: (difference(draft.module, draft.target, .grid) ?? draft.own).value)
    }
  }

  /// A difference of scores, as it is and in every resample.
  struct Estimate {
    let value: Double
    let resamples: [Double]
  }

  private struct Draft {
    let target: Int
    let module: ProbeContrast.Module
    let own: Estimate
    let advantage: Estimate?
  }

  private func difference(
    _ module: ProbeContrast.Module, _ target: Int, _ readout: Readout
  ) -> Estimate? {
    let vision = score(.trained, problem.visionStage, readout, withTask: true)
    switch module {
    case .vision: return difference(score(.oracle), vision, target)
    case .projector:
      return problem.projectorStage.flatMap { stage in
        difference(vision, score(.trained, stage, readout, withTask: true), target)
      }
    }
  }

  func difference(_ left: FeatureSetScore?, _ right: FeatureSetScore?, _ target: Int) -> Estimate? {
    guard let left, let right else { return nil }
    let resamples = zip(
      workbench.resampledR2(left, target: target), workbench.resampledR2(right, target: target)
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
    var resamples = Matrix(workbench.settings.resamples, rows.count)
    for (column, row) in rows.enumerated() {
      for (index, value) in row.estimate.resamples.enumerated() { resamples[index, column] = value }
    }
    let intervals = MaxT.intervals(
      rows.map(\.estimate.value), resamples: resamples, confidence: workbench.settings.confidence)
    let margin = workbench.settings.margin
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
    rows.isEmpty ? nil : Wording.comparison(rows, margin: workbench.settings.margin)
  }
}
