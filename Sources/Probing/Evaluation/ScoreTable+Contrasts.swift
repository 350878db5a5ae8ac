internal import Features
internal import Statistics

extension ScoreTable {
  /// What every module loses of every target, with simultaneous intervals over all of them and their differences.
  func contrasts() -> [ProbeContrast] {
    let settings = validation.settings
    let counts = targetIndices.map { judged($0).count }
    let losses = ModuleLosses.of(
      joint, modules: counts, confidence: settings.confidence, seed: settings.seed)
    let units = UnitLosses.of(
      joint, problem.unitErrors, modules: counts, confidence: settings.confidence, seed: settings.seed)
    return targetIndices.flatMap { target in
      zip(judged(target), losses[target]).enumerated().map { place, contrast in
        let (module, loss) = contrast
        return ProbeContrast(
          target: problem.targets[target].target.id, module: module,
          formula: ladder.formula(module), value: loss.value, interval: loss.interval,
          units: units[target][place], advantage: loss.advantage?.value,
          advantageInterval: loss.advantage?.interval,
          meanValue: drop(place, target, .mean), gridValue: drop(place, target, .grid),
          attentiveValue: drop(place, target, .attentive))
      }
    }
  }

  /// How much less a linear readout tells after a module than before it; `nil` before the first module, and where one of the
  /// two has no such readout.
  private func drop(_ rung: Int, _ target: Int, _ readout: Readout) -> Double? {
    guard rung > 0, rung < ladder.rungs.count,
      let before = score(.trained, ladder.rungs[rung - 1].exit, readout, withTask: true),
      let after = score(.trained, ladder.rungs[rung].exit, readout, withTask: true)
    else { return nil }
    return r2(before, target) - r2(after, target)
  }

  /// The first checkpoint against the second, stage by stage, on the same episodes.
  func comparison() -> [ProbeComparison] {
    guard let second = problem.comparison else { return [] }
    var rows: [(stage: String, target: Int, first: Double, second: Double, deleted: [Double])] = []
    for stage in problem.trained.stages.indices {
      guard let other = counterpart(stage, in: second), let left = score(.trained, stage, .chosen),
        let right = score(.comparison, other, .chosen)
      else { continue }
      for target in targetIndices {
        rows.append(
          (
            problem.trained.stages[stage].name, target, r2(left, target), r2(right, target),
            zip(validation.deletedR2(left, target: target), validation.deletedR2(right, target: target))
              .map { $0 - $1 }
          ))
      }
    }
    guard !rows.isEmpty else { return [] }
    let costs = rows.map { $0.first - $0.second }
    let intervals = MaxT.intervals(
      costs, deleted: .beside(columns: rows.map(\.deleted)), confidence: validation.settings.confidence,
      seed: validation.settings.seed)
    let margin = validation.settings.margin
    return zip(zip(rows, costs), intervals).map { place, interval in
      let (row, cost) = place
      let outcome: ProbeComparison.Outcome =
        interval.upper < margin ? .nothingMeasurable : interval.lower > margin ? .costs : .undecided
      return ProbeComparison(
        stage: row.stage, readout: .chosen, target: problem.targets[row.target].target.id, first: row.first,
        second: row.second, cost: cost, interval: interval, outcome: outcome,
        sentence: Wording.cost(outcome, cost, interval, margin: margin))
    }
  }

  /// The comparison in one sentence.
  func comparisonSentence(_ rows: [ProbeComparison]) -> String? {
    rows.isEmpty ? nil : Wording.comparison(rows, margin: validation.settings.margin)
  }
}
