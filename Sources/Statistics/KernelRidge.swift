internal import Foundation
internal import Tensors

/// Ridge on sums of kernels over sets of feature blocks, in training sets that leave out whole episodes.
package struct KernelRidge: Sendable {
  /// One kernel that a set of blocks may be read with: the sum of theirs, linear or half Gaussian, alone or with the task,
  /// `K + w L + w K o L`, L being 1 between frames of one task.
  package struct Candidate: Hashable, Sendable {
    /// Indices of blocks, ascending.
    package let blocks: [Int]
    /// Those of them that weigh ten times the others: what is told by one block may drown in several that tell nothing.
    package var leading: [Int] = []
    package let hasGaussian: Bool
    package let taskWeight: Double

    /// Of each of `blocks`, before they are made to sum to one.
    package var weights: [Double] { blocks.map { leading.isEmpty || leading.contains($0) ? 1 : 0.1 } }
  }

  /// What fitting the training set of one outer fold gave, for every response.
  struct OuterFit: Sendable {
    /// [frames of the fold, q].
    let predictions: Matrix
    /// Sums of squared errors on the fold when a group of episodes of the training set had been left out: [groups, q]. For the
    /// fold's own groups, the sums over the others.
    let deletedErrors: Matrix
    /// Figures of the same predictions: [groups, figures].
    let deletedFigures: Matrix
  }

  /// A figure that adds up over frames, of predictions for `frames`: [frames, columns].
  package typealias FrameSum = @Sendable (_ predictions: Matrix, _ frames: [Int]) -> Double

  /// 10^-5 ... 10, two a decade, for kernels of trace n.
  package static let lambdas: [Double] = (0...12).map { 1e-5 * pow(10, Double($0) / 2) }

  package private(set) var folds: EpisodeFolds
  /// [frames, q].
  package let responses: Matrix
  private let blocks: [FrameKernels]
  private let taskOfFrame: [Int]?

  /// - Parameter taskOfFrame: tells readouts the task, unless there is one only.
  package init(_ blocks: [FrameKernels], taskOfFrame: [Int], folds: EpisodeFolds, responses: Matrix) {
    self.blocks = blocks
    self.folds = folds
    self.responses = responses
    self.taskOfFrame = Set(taskOfFrame).count > 1 ? taskOfFrame : nil
  }

  /// The same with fewer episodes to train on.
  package func training(with folds: EpisodeFolds) -> KernelRidge {
    var result = self
    result.folds = folds
    return result
  }

  /// All kernels that one set of blocks may be read with.
  ///
  /// - Parameter leading: those that weigh ten times the others.
  package func candidates(_ set: [Int], leading: [Int] = []) -> [Candidate] {
    [false, true].flatMap { hasGaussian in
      (taskOfFrame == nil ? [0] : [0, 0.1, 1]).map {
        Candidate(blocks: set.sorted(), leading: leading.sorted(), hasGaussian: hasGaussian, taskWeight: $0)
      }
    }
  }

  /// [frames, frames].
  package func kernel(_ candidate: Candidate) -> Matrix {
    var sum = Matrix(folds.frameCount, folds.frameCount)
    let weights = candidate.weights
    let total = weights.reduce(0, +) * (candidate.hasGaussian ? 2 : 1)
    for (block, weight) in zip(candidate.blocks, weights) {
      let share = weight / total
      sum.add(blocks[block].linear, times: share)
      if candidate.hasGaussian { sum.add(blocks[block].gaussian, times: share) }
    }
    guard let taskOfFrame, candidate.taskWeight > 0 else { return sum }
    let weight = candidate.taskWeight
    sum.values.withUnsafeMutableBufferPointer { values in
      for row in taskOfFrame.indices {
        for column in taskOfFrame.indices where taskOfFrame[column] == taskOfFrame[row] {
          let place = row * taskOfFrame.count + column
          values[place] += weight * (1 + values[place])
        }
      }
    }
    return sum
  }

  /// Sums of squared errors over the inner folds, [lambdas, q] for each outer fold; the training set that leaves out the folds
  /// j and k serves both as j's inside k and as k's inside j.
  func innerErrors(_ candidate: Candidate) throws(VLMError) -> [Matrix] {
    let kernel = kernel(candidate)
    let all = Responses(fixed: responses)
    var errors = [Matrix](repeating: Matrix(Self.lambdas.count, responses.columns), count: folds.count)
    for first in 0..<folds.count {
      for second in first + 1..<folds.count {
        let training = folds.frames(outside: [first, second])
        let fit = DualFit(
          centred: kernel.centredColumns(training), training: training, folds: folds, responses: all)
        let found = try fit.squaredErrors(onFolds: [first, second], lambdas: Self.lambdas)
        errors[second] += found[0]
        errors[first] += found[1]
      }
    }
    return errors
  }

  /// Fits all that is outside `fold`, and finds what leaving out one group more would change there:
  /// without the frames G the coefficients are `a - A[:, G] A[G, G]^-1 a[G]`, A being the inverse of `K + lambda`.
  ///
  /// `kernel`: that of the candidate, [frames, frames].
  func outerFit(
    _ kernel: Matrix, lambda: Int, fold: Int, figures: [FrameSum] = []
  ) throws(VLMError) -> OuterFit {
    let training = folds.frames(outside: [fold])
    let test = folds.frames[fold]
    let centred = kernel.centredColumns(training)
    let means = responses.rows(training).columnMeans()
    // About the means of the training set, as the kernel is; one response a row: [q, training].
    var shifted = responses
    shifted.subtractFromRows(means)
    let targets = shifted.rows(training).transposed()
    let truth = shifted.rows(test)
    var inverse = centred.rows(training)
    for index in training.indices { inverse[index, index] += Self.lambdas[lambda] }
    guard PositiveDefinite.factor(&inverse) else { throw .indefinite(order: training.count) }
    PositiveDefinite.invert(factored: &inverse)
    let coefficients = targets.times(inverse)
    var predictions = centred.rows(test).times(coefficients, transposingOther: true)
    var residuals = predictions
    residuals -= truth

    let groupOfFrame = folds.groupOfFrame
    // Groups that are not trained on leave all as it is.
    var deleted = Matrix(1, responses.columns, residuals.columnSquares())
      .rows([Int](repeating: 0, count: folds.groupCount))
    /// Of residuals in some frames.
    func sums(_ residuals: Matrix, _ frames: [Int]) -> [Double] {
      var predictions = residuals
      if !figures.isEmpty { predictions += responses.rows(frames) }
      return figures.map { $0(predictions, frames) }
    }
    var deletedFigures = Matrix(1, figures.count, sums(residuals, test))
      .rows([Int](repeating: 0, count: folds.groupCount))
    func set(_ group: Int, _ errors: Matrix, _ frames: [Int]) {
      for (column, sum) in errors.columnSquares().enumerated() { deleted[group, column] = sum }
      for (index, sum) in sums(errors, frames).enumerated() { deletedFigures[group, index] = sum }
    }
    let reach = centred.rows(test).times(inverse)
    for (group, places) in Dictionary(
      grouping: training.indices, by: { groupOfFrame[training[$0]] })
    {
      // One right-hand side a row, as LAPACK sees it.
      var change = coefficients.columns(places)
      var block = inverse.rows(places).columns(places)
      guard PositiveDefinite.solve(&block, &change) else { throw .indefinite(order: training.count) }
      var left = residuals
      left -= reach.columns(places).times(change, transposingOther: true)
      set(group, left, test)
    }
    for group in Set(test.map { groupOfFrame[$0] }) {
      let others = test.indices.filter { groupOfFrame[test[$0]] != group }
      set(group, residuals.rows(others), others.map { test[$0] })
    }
    predictions.subtractFromRows(means.map { -$0 })
    return OuterFit(predictions: predictions, deletedErrors: deleted, deletedFigures: deletedFigures)
  }
}
