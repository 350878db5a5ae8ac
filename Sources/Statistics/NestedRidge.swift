internal import Foundation
package import Tensors

/// Ridge probes in nested, grouped cross-validation.
///
/// Outer folds score; in each, the other folds in turn are the inner validation sets that choose lambda, one for each
/// group of responses. Folds hold whole episodes, so no frame is ever predicted from its neighbours.
package struct NestedRidge: Sendable {
  package let folds: EpisodeFolds
  /// Multiples of tr(A)/p, ascending.
  package let lambdas: [Double]

  /// Whether the inner training sets of one feature set are shared out among threads. Off where feature sets are.
  package let isParallel: Bool

  package init(folds: EpisodeFolds, lambdas: [Double], isParallel: Bool = false) {
    precondition(folds.count >= 3 && !lambdas.isEmpty)
    self.folds = folds
    self.lambdas = lambdas
    self.isParallel = isParallel
  }

  /// 10^-7 ... 10^2, one a decade: the error is flat about its least.
  package static let defaultLambdas: [Double] = (0...9).map { 1e-7 * pow(10, Double($0)) }

  /// What one feature set gave.
  package struct Fit: Sendable {
    /// Index into `lambdas` by outer fold and group.
    package var chosen: [[Int]] = []
    /// Inner error at the chosen lambda by outer fold and group: mean over columns of SSE / SST.
    package var innerErrors: [[Double]] = []
    /// Out-of-fold predictions, [frames, q].
    package var predictions: Matrix
    /// Sums of squared errors without each episode by outer fold, [episodes, responses], when asked for.
    package var deletedErrors: [Matrix] = []
    /// Coordinates of all frames on the leading directions of each training set, by the folds it leaves out, when asked for.
    package var leading: [Set<Int>: Matrix] = [:]

    package init(predictions: Matrix) { self.predictions = predictions }
  }

  /// `fixed`: [frames, q1], the matrix that `design` was made with. `explained`: what a model fitted in a training set, and
  /// in that only, reads of the first responses; what it leaves of them is read as well. `groups`: response columns that share
  /// their lambda, over q1 + q2 columns. With `keepsLeading` the fit also holds the leading directions of every training set, as
  /// many as `deletion` moves.
  package func fit(
    _ design: any Design, fixed: Matrix, explained: ((Set<Int>) -> LowRank)? = nil, groups: [[Int]],
    deletion: EpisodeDeletion? = nil, keepsLeading: Bool = false
  ) throws(VLMError) -> Fit {
    let (inner, responses, leading) = try innerErrors(
      design, fixed: fixed, explained: explained, leadingRank: keepsLeading ? deletion?.rank : nil)
    let count = responses[0].count
    var fit = Fit(predictions: Matrix(folds.frameCount, count))
    fit.leading = leading
    for fold in 0..<folds.count {
      let (chosen, errors) = choose(inner[fold], responses[fold], fold: fold, groups: groups)
      fit.chosen.append(chosen)
      fit.innerErrors.append(errors)
      let trained = try design.fit(leavingOut: [fold], responses: responses[fold])
      var absolute = [Double](repeating: 0, count: count)
      for (group, columns) in groups.enumerated() {
        for column in columns { absolute[column] = lambdas[chosen[group]] * trained.lambdaUnit }
      }
      let frames = folds.frames[fold]
      let predictions = try trained.predictions(frames, lambdas: absolute)
      for (row, frame) in frames.enumerated() {
        for column in 0..<count { fit.predictions[frame, column] = predictions[row, column] }
      }
      if let deletion {
        let leading = try trained.leadingDirections(rank: deletion.rank)
        if keepsLeading { fit.leading[[fold]] = leading.coordinates }
        fit.deletedErrors.append(
          try deletion.squaredErrors(
            trained, along: leading, responses: responses[fold], lambdas: absolute, folds: folds, fold: fold))
      }
    }
    return fit
  }

  /// Sums of squared errors over the inner folds, [lambdas, q] for each outer fold; the training set with folds
  /// {j, k} held serves both as j's training set inside k and as k's inside j.
  private func innerErrors(
    _ design: any Design, fixed: Matrix, explained: ((Set<Int>) -> LowRank)?, leadingRank rank: Int?
  ) throws(VLMError) -> ([Matrix], [Responses], leading: [Set<Int>: Matrix]) {
    let responses = (0..<folds.count).map { Responses(fixed: fixed, explained: explained?([$0])) }
    let pairs = (0..<folds.count).flatMap { first in (first + 1..<folds.count).map { (first, $0) } }
    let found = try Parallel.map(pairs.count, threads: isParallel ? Parallel.threads : 1) {
      (index) throws(VLMError) in
      let (first, second) = pairs[index]
      let held: Set = [first, second]
      let trained = try design.fit(
        leavingOut: held, responses: Responses(fixed: fixed, explained: explained?(held)))
      let absolute = lambdas.map { $0 * trained.lambdaUnit }
      return (
        onHeld: try trained.squaredErrors(onFolds: [first, second], lambdas: absolute),
        leading: try rank.map { (rank) throws(VLMError) in
          try trained.leadingDirections(rank: rank).coordinates
        }
      )
    }
    // Added in the order of the pairs, so that the sums do not depend on threads.
    var errors = [Matrix](repeating: Matrix(lambdas.count, responses[0].count), count: folds.count)
    var leading: [Set<Int>: Matrix] = [:]
    for ((first, second), found) in zip(pairs, found) {
      errors[first] += found.onHeld[1]
      errors[second] += found.onHeld[0]
      leading[[first, second]] = found.leading
    }
    return (errors, responses, leading)
  }

  private func choose(
    _ errors: Matrix, _ responses: Responses, fold: Int, groups: [[Int]]
  ) -> (chosen: [Int], errors: [Double]) {
    var training = responses.rows(folds.frames(outside: [fold]))
    training.subtractFromRows(training.columnMeans())
    let totals = training.columnSquares()
    var chosen: [Int] = []
    var smallest: [Double] = []
    for columns in groups {
      let usable = columns.filter { totals[$0] > 0 }
      var best = 0
      var bestError = Double.infinity
      for lambda in lambdas.indices {
        let error = usable.reduce(0) { $0 + errors[lambda, $1] / totals[$1] } / Double(max(usable.count, 1))
        if error < bestError {
          best = lambda
          bestError = error
        }
      }
      chosen.append(best)
      smallest.append(bestError)
    }
    return (chosen, smallest)
  }
}
