internal import Features
package import Statistics
package import Tensors

/// Folds, responses and permutations that all feature sets of a run share.
package struct CrossValidation: Sendable {
  package let problem: ProbeProblem
  package let settings: ProbeSettings
  package let folds: EpisodeFolds
  /// [frames, columns of all targets].
  package let targetResponses: Matrix
  /// Columns of each target.
  package let targetGroups: [[Int]]
  /// The same with those of the targets' control tasks after them.
  private let responses: Matrix
  package let controlGroups: [[Int]]
  package let ridge: NestedRidge
  private let deletion: EpisodeDeletion
  /// Sums of squares that errors are measured against, without each group of episodes: [groups, columns of all targets].
  private let deletedTotals: Matrix
  private let null: PermutationNull
  /// What features save of the targets' bits, where that is asked for.
  private let onlineCode: OnlineCode?
  private let residuals: BaselineResiduals
  private let targetColumns: Int
  /// By target; `nil` for those without classes.
  package let classes: [FrameClasses?]
  package let controlClasses: [FrameClasses?]

  package init(_ problem: ProbeProblem, settings: ProbeSettings) throws {
    self.problem = problem
    self.settings = settings
    try DataConditions.require(
      groups: Set(problem.episodeOfFrame).sorted().map { problem.episodeGroups[$0] }, settings: settings)
    let folds = EpisodeFolds(
      tasks: problem.tasks, groups: problem.episodeGroups, episodeOfFrame: problem.episodeOfFrame,
      count: settings.folds, seed: settings.seed
    )
    self.folds = folds
    let firstFrames = problem.tasks.indices.map { episode in
      problem.episodeOfFrame.firstIndex(of: episode) ?? 0
    }
    guard let start = try problem.oracle ?? problem.pixels.features(0, .grid).map(Matrix.init) else {
      preconditionFailure("pixels have a grid")
    }
    let initial = start.rows(firstFrames)
    let parts =
      problem.isOfImages
      ? Array(problem.tasks.indices) : ControlTask.parts(initial: initial, tasks: problem.tasks)
    let controls = problem.targets.map {
      ControlTask(of: $0, parts: parts, episodeOfFrame: problem.episodeOfFrame, seed: settings.seed)
    }
    responses = problem.responses(controls: controls)
    let targets = problem.responses(controls: [])
    targetResponses = targets
    classes = problem.targets.map(\.classes)
    controlClasses = controls.map(\.classes)
    targetGroups = problem.groups
    targetColumns = targets.columns
    controlGroups = targetGroups.map { $0.map { targets.columns + $0 } }
    ridge = NestedRidge(folds: folds, lambdas: settings.lambdas)
    deletion = EpisodeDeletion(rank: settings.refitRank, responses: targetColumns)
    deletedTotals = RSquared.totalsWithoutGroups(targets, folds)
    onlineCode =
      settings.bits
      ? OnlineCode(folds: folds, lambdas: settings.lambdas, rank: settings.refitRank, seed: settings.seed)
      : nil
    null = PermutationNull(
      folds: folds, tasks: problem.tasks, count: settings.permutations, seed: settings.seed)
    let forms = problem.baselineForms
    let designs = try forms.map {
      try Designs.make(
        problem.baselines[$0]!, standardised: true, tasks: problem.taskOfFrame, folds: folds, fixed: targets)
    }
    let kinds = problem.targets.flatMap { target in
      [Int](repeating: forms.firstIndex(of: target.baseline)!, count: target.columns.count)
    }
    residuals = try BaselineResiduals(designs, kinds: kinds, responses: targets, folds: folds)
  }

  /// What is fitted, and the columns of each target in it; `controlled`: then those of each control task.
  package func labels(controlled: Bool) -> (responses: Matrix, groups: [[Int]]) {
    controlled ? (responses, targetGroups + controlGroups) : (targetResponses, targetGroups)
  }

  /// How a stage is read out; one of a single vector has no grid.
  func readouts(_ stage: ProbeStage) -> [Readout] {
    guard stage.hasGrid else { return [.mean] }
    return [.mean, .grid] + (settings.attends && stage.hasFine ? [.attentive] : [])
  }

  /// Scores what learned queries pool, see `AttentiveDesign.pools`; `withTask`: together with the task, as `scoreWithTask`.
  func score(
    attended pools: [Set<Int>: Matrix], withTask: Bool, controlled: Bool
  ) throws(VLMError) -> FeatureSetScore {
    let fixed = labels(controlled: controlled).responses
    let design = try AttentiveDesign(pools) { (pooled) throws(VLMError) in
      withTask
        ? try Designs.make(
          pooled, standardised: false, tasks: problem.taskOfFrame, folds: folds, fixed: fixed)
        : try Designs.make(pooled, folds: folds, fixed: fixed)
    }
    return try score(design, width: design.width, alone: !withTask, controlled: controlled)
  }

  /// Scores features by themselves, in any of the two exact forms; `controlled`: with the control task of each target.
  package func score(_ features: Matrix, controlled: Bool = false) throws(VLMError) -> FeatureSetScore {
    var result = try score(
      try Designs.make(features, folds: folds, fixed: labels(controlled: controlled).responses),
      width: features.columns, alone: true, controlled: controlled)
    if let onlineCode {
      let named = zip(problem.targets, classes).map { $0.target.score == .classes ? $1 : nil }
      let saved = try onlineCode.saved(
        features, responses: targetResponses, groups: targetGroups,
        classes: named.map { $0.map { ($0.ofFrame, $0.count) } })
      result.savedBits = zip(saved.numbers, saved.classes).map { $1 ?? $0 }
    }
    return result
  }

  /// Scores features together with the task (`L*`), without intervals and classes.
  package func scoreWithTask(
    _ features: Matrix, standardised: Bool, controlled: Bool = false
  ) throws(VLMError) -> FeatureSetScore {
    let design = try Designs.make(
      features, standardised: standardised, tasks: problem.taskOfFrame, folds: folds,
      fixed: labels(controlled: controlled).responses)
    return try score(design, width: features.columns, alone: false, controlled: controlled)
  }

  /// Runs the permutation null on the leading components of `features`: an outcome a target.
  package func permuted(_ features: Matrix) throws(VLMError) -> [PermutationNull.Outcome] {
    try nullOutcomes(
      LeadingComponents.scores(Designs.centredColumns(features), rank: settings.nullRank, seed: settings.seed)
    )
  }

  /// The same on those of the linear kernel of a block.
  package func permuted(_ kernels: FrameKernels) throws(VLMError) -> [PermutationNull.Outcome] {
    // A component of the kernel is one of the features, longer by its own length.
    var scores = try LeadingComponents.scores(kernels.linear, rank: settings.nullRank, seed: settings.seed)
    scores.scaleRows(by: scores.columnSquares().map { $0 > 0 ? 1 / $0.squareRoot().squareRoot() : 0 })
    return try nullOutcomes(scores)
  }

  private func nullOutcomes(_ scores: Matrix) throws(VLMError) -> [PermutationNull.Outcome] {
    try null.test(scores, responses: targetResponses, groups: targetGroups, ridge: ridge)
  }

  /// R2 of one target without each group of episodes: [groups].
  package func deletedR2(_ score: FeatureSetScore, target: Int) -> [Double] {
    let errors = score.deletedErrors
    return (0..<folds.groupCount).map { group in
      RSquared.average(
        targetGroups[target].map { column in
          let total = deletedTotals[group, column]
          return total > 0 ? 1 - errors.reduce(0) { $0 + $1[group, column] } / total : 0
        })
    }
  }

  private func score(
    _ design: any Design, width: Int, alone: Bool, controlled: Bool
  ) throws(VLMError) -> FeatureSetScore {
    let (responses, groups) = labels(controlled: controlled)
    let count = responses.columns
    let residualGroups = targetGroups.map { $0.map { count + $0 } }
    let fit = try ridge.fit(
      design, fixed: responses, explained: { residuals.explained($0) }, groups: groups + residualGroups,
      deletion: alone ? deletion : nil, keepsLeading: alone && classes.contains { $0 != nil })
    func read(_ classes: [FrameClasses?], _ wanted: Bool) throws(VLMError) -> [NestedLogistic.Fit?] {
      try classes.map { (classes) throws(VLMError) in
        guard wanted, let classes else { return nil }
        return try NestedLogistic(folds: folds).fit(classes: classes.ofFrame, count: classes.count) {
          fit.leading[$0]!
        }
      }
    }
    let predictions = fit.predictions.columns(0..<count)
    var errors = Matrix(folds.count, targetColumns)
    var totals = errors
    for fold in 0..<folds.count {
      let truth = residuals([fold])
      for frame in folds.frames[fold] {
        for column in 0..<targetColumns {
          let left = truth[frame, column]
          let error = left - fit.predictions[frame, count + column]
          errors[fold, column] += error * error
          totals[fold, column] += left * left
        }
      }
    }
    return FeatureSetScore(
      width: width, columnR2: RSquared.columns(predictions, responses),
      residualR2: FeatureSetScore.share(errors, totals), predictions: predictions,
      lambdas: fit.chosen.map { $0.prefix(groups.count).map { settings.lambdas[$0] } },
      innerErrors: fit.innerErrors.map { Array($0.prefix(groups.count)) }, deletedErrors: fit.deletedErrors,
      residualErrors: errors, residualTotals: totals,
      classes: try read(classes, alone), controlClasses: try read(controlClasses, alone && controlled))
  }
}
