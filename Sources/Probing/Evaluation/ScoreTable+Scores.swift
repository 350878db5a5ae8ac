internal import Features
internal import Statistics

extension ScoreTable {
  /// All scores: pixels and the trained encoder's stages, the random one's, the comparison's, then those with the task.
  func scores(_ references: [TargetReferences]) -> [ProbeScore] {
    var entries: [Entry] = []
    for role in ProbeScore.EncoderRole.allCases where role != .comparison || problem.comparison != nil {
      let stages = problem.source(role).stages
      for stage in stages.indices {
        let readouts = ProbeEvaluation.readouts(stages[stage])
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
    for proprioceptive in [false, true] {
      let served = Set(targetIndices.filter { problem.targets[$0].isProprioceptive != proprioceptive })
      add("B+L*", score(.floor(proprioceptive: proprioceptive)), only: served)
      add("O+B+L*", score(.ceiling(proprioceptive: proprioceptive)), only: served)
    }
    add("O+L*", score(.oracle), null: results[.oracle]?.null)
    for stage in ladder.rungs.map(\.exit) {
      let facts = problem.trained.stages[stage]
      let readouts = ProbeEvaluation.readouts(facts)
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
      var resamples = Matrix(validation.settings.resamples, pairs.count)
      for (column, pair) in pairs.enumerated() {
        for (row, value) in validation.resampledR2(pair.entry.score, target: pair.target).enumerated() {
          resamples[row, column] = value
        }
      }
      intervals = MaxT.intervals(estimates, resamples: resamples, confidence: validation.settings.confidence)
    }
    return pairs.indices.map { index in
      let (entry, target) = pairs[index]
      let columns = validation.groups[target]
      let reference = references[target]
      var normalised: Double?
      if entry.isWithTask, let ceiling = reference.ceiling, ceiling - reference.floor > reference.delta {
        normalised = (estimates[index] - reference.floor) / (ceiling - reference.floor)
      }
      return ProbeScore(
        encoder: entry.encoder, stage: entry.stage, readout: entry.readout, target: reference.target,
        r2: estimates[index], interval: intervals?[index], columnR2: columns.map { entry.score.columnR2[$0] },
        residualR2: RSquared.average(columns.map { entry.score.residualR2[$0] }), normalised: normalised,
        auc: auc(entry.score, target), nullP: entry.null?[target].p, nullMean: entry.null?[target].mean,
        width: entry.score.width, lambdas: entry.score.lambdas.map { $0[target] })
    }
  }

  /// Open against closed: above or below the middle between the 5 % and 95 % quantiles of the opening.
  private func auc(_ score: FeatureSetScore, _ target: Int) -> Double? {
    guard problem.targets[target].target.score == .openClosed else { return nil }
    let columns = validation.groups[target]
    // Two fingers move against each other; each is turned to grow with the first.
    let truth = validation.responses.columns(columns)
    let first = truth.column(0)
    let mean = first.reduce(0, +) / Double(first.count)
    let signs = columns.indices.map { column in
      zip(first, truth.column(column)).reduce(0) { $0 + ($1.0 - mean) * $1.1 } < 0 ? -1.0 : 1.0
    }
    func opening(_ matrix: Matrix, _ row: Int, _ columns: [Int]) -> Double {
      zip(columns, signs).reduce(0) { $0 + $1.1 * matrix[row, $1.0] }
    }
    let frames = 0..<truth.rows
    let openings = frames.map { opening(truth, $0, Array(columns.indices)) }
    let sorted = openings.sorted()
    let middle = (sorted[sorted.count / 20] + sorted[sorted.count - 1 - sorted.count / 20]) / 2
    return RankScore.auc(frames.map { opening(score.predictions, $0, columns) }, openings.map { $0 > middle })
  }
}
