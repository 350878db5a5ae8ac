package import Tensors

/// How well targets are read from sets of feature blocks, where the inner folds say which set, which kernel and which lambda.
///
/// A set that may also be read without one of its blocks loses nothing by noise in that block, so that a difference of two
/// such scores tells what a block adds. The errors of inner folds are found once a candidate and serve every choice.
package struct KernelSets: Sendable {
  /// What the inner folds of one outer fold chose for one target.
  package struct Choice: Hashable, Sendable {
    package let candidate: KernelRidge.Candidate
    /// Index into `KernelRidge.lambdas`.
    package let lambda: Int
  }

  /// An error of one target in other terms than R2; it adds up over frames.
  package struct Measure: Sendable {
    /// Index of the target.
    package let target: Int
    /// Of predictions in the target's columns.
    package let sum: KernelRidge.FrameSum

    package init(target: Int, sum: @escaping KernelRidge.FrameSum) {
      self.target = target
      self.sum = sum
    }
  }

  /// How well the best of some sets reads each target.
  package struct Score: Sendable {
    /// By target: R2 out of fold, averaged over the target's columns.
    package let r2: [Double]
    /// [groups, targets]: the same had that group of episodes not been recorded, neither to train nor to test.
    package let deleted: Matrix
    /// By measure: the mean over frames.
    package let measured: [Double]
    /// [groups, measures]: the same without that group.
    package let deletedMeasured: Matrix
    /// Out of fold: [frames, responses].
    package let predictions: Matrix
    /// What was chosen among.
    package let candidates: [KernelRidge.Candidate]
    /// By outer fold and target.
    package let choices: [[Choice]]
  }

  private let ridge: KernelRidge
  /// Response columns of each target.
  private let groups: [[Int]]
  private let measures: [Measure]
  private let errors: [KernelRidge.Candidate: [Matrix]]

  /// - Parameters:
  ///   - candidates: all that will be chosen among.
  ///   - groups: response columns of each target, none of them constant.
  ///   - measures: what else is to be found of the predictions.
  ///   - advance: called after each of `count` steps, from any thread.
  package init(
    _ ridge: KernelRidge, candidates: some Sequence<KernelRidge.Candidate>, groups: [[Int]],
    measures: [Measure] = [],
    advance: @Sendable (_ count: Int) -> Void = { _ in }
  ) throws(VLMError) {
    self.ridge = ridge
    self.groups = groups
    self.measures = measures
    var seen: Set<KernelRidge.Candidate> = []
    let candidates = candidates.filter { seen.insert($0).inserted }
    let found = try Parallel.map(candidates.count) { (index) throws(VLMError) in
      let errors = try ridge.innerErrors(candidates[index])
      advance(candidates.count)
      return errors
    }
    errors = Dictionary(uniqueKeysWithValues: zip(candidates, found))
  }

  /// The score of each of `choices`, the best of the candidates that it lists.
  package func scores(_ choices: [[KernelRidge.Candidate]]) throws(VLMError) -> [Score] {
    let chosen = choices.map { candidates in
      (0..<ridge.folds.count).map { fold in groups.map { choose(candidates, $0, fold: fold) } }
    }
    struct Place: Hashable {
      let choice: Choice
      let fold: Int
    }
    // And the targets that chose it, whose measures are found.
    var places: [Place: Set<Int>] = [:]
    for folds in chosen {
      for (fold, choices) in folds.enumerated() {
        for (target, choice) in choices.enumerated() {
          places[Place(choice: choice, fold: fold), default: []].insert(target)
        }
      }
    }
    // The longest first, so that no core waits long for the last.
    let byCandidate = Dictionary(grouping: places, by: \.key.choice.candidate)
      .sorted { $0.value.count > $1.value.count }
    func figures(_ targets: Set<Int>) -> [KernelRidge.FrameSum] {
      measures.map { measure in
        guard targets.contains(measure.target) else { return { _, _ in 0 } }
        let columns = groups[measure.target]
        return { predictions, frames in measure.sum(predictions.columns(columns), frames) }
      }
    }
    let fits = try Parallel.map(byCandidate.count) { (index) throws(VLMError) in
      let (candidate, places) = byCandidate[index]
      let kernel = ridge.kernel(candidate)
      return try places.map { (place, targets) throws(VLMError) in
        let fit = try ridge.outerFit(
          kernel, lambda: place.choice.lambda, fold: place.fold, figures: figures(targets))
        return (place, fit)
      }
    }
    let fit = Dictionary(uniqueKeysWithValues: fits.joined())
    return zip(choices, chosen).map { candidates, folds in
      score(candidates, folds) { fold, choice in fit[Place(choice: choice, fold: fold)]! }
    }
  }

  private func choose(_ candidates: [KernelRidge.Candidate], _ columns: [Int], fold: Int) -> Choice {
    var training = ridge.responses.rows(ridge.folds.frames(outside: [fold])).columns(columns)
    training.subtractFromRows(training.columnMeans())
    let totals = training.columnSquares()
    var best: (choice: Choice, error: Double)?
    for candidate in candidates {
      let errors = errors[candidate]![fold]
      for lambda in KernelRidge.lambdas.indices {
        let error = zip(columns, totals).reduce(0) { $0 + ($1.1 > 0 ? errors[lambda, $1.0] / $1.1 : 0) }
        if error < best?.error ?? .infinity { best = (Choice(candidate: candidate, lambda: lambda), error) }
      }
    }
    return best!.choice
  }

  private func score(
    _ candidates: [KernelRidge.Candidate], _ choices: [[Choice]], _ fit: (Int, Choice) -> KernelRidge.OuterFit
  ) -> Score {
    let (folds, responses) = (ridge.folds, ridge.responses)
    var predictions = Matrix(responses.rows, responses.columns)
    var deletedErrors = Matrix(folds.groupCount, responses.columns)
    var deletedMeasured = Matrix(folds.groupCount, measures.count)
    for (fold, choices) in choices.enumerated() {
      for (choice, columns) in zip(choices, groups) {
        let fit = fit(fold, choice)
        for (row, frame) in folds.frames[fold].enumerated() {
          for column in columns { predictions[frame, column] = fit.predictions[row, column] }
        }
        for left in 0..<folds.groupCount {
          for column in columns { deletedErrors[left, column] += fit.deletedErrors[left, column] }
        }
      }
      for (index, measure) in measures.enumerated() {
        let fit = fit(fold, choices[measure.target])
        for left in 0..<folds.groupCount {
          deletedMeasured[left, index] += fit.deletedFigures[left, index]
        }
      }
    }
    let columnR2 = RSquared.columns(predictions, responses)
    let totals = RSquared.totalsWithoutGroups(responses, folds)
    var deleted = Matrix(folds.groupCount, groups.count)
    for left in 0..<folds.groupCount {
      for (group, columns) in groups.enumerated() {
        deleted[left, group] = RSquared.average(
          columns.map {
            totals[left, $0] > 0 ? 1 - deletedErrors[left, $0] / totals[left, $0] : 0
          })
      }
    }
    let frames = Array(0..<folds.frameCount)
    let measured = measures.map { measure in
      measure.sum(predictions.columns(groups[measure.target]), frames) / Double(max(frames.count, 1))
    }
    let others = folds.groupOfFrame.reduce(
      into: [Int](repeating: frames.count, count: folds.groupCount)
    ) { $0[$1] -= 1 }
    for (left, count) in others.enumerated() {
      for index in measures.indices { deletedMeasured[left, index] /= Double(max(count, 1)) }
    }
    return Score(
      r2: groups.map { RSquared.average($0.map { columnR2[$0] }) }, deleted: deleted,
      measured: measured, deletedMeasured: deletedMeasured, predictions: predictions,
      candidates: candidates, choices: choices)
  }
}
