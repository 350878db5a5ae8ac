package import Tensors

/// What a ridge probe would score without each group of episodes in turn: what the jackknife is made of.
///
/// Nothing is fitted again. With the coordinates z of a frame in directions that are orthogonal in the training set, their
/// eigenvalues s and `D = s + lambda`, the training set without the frames G predicts
/// `y(x) - z' D^-1 Z_G' (1 - Z_G D^-1 Z_G')^-1 e_G`, e being the residuals; the mean is one of the directions, without a penalty.
/// Directions beyond `rank` keep their weights, and lambda stays what the inner folds chose.
package struct EpisodeDeletion: Sendable {
  /// How many directions move.
  package let rank: Int
  /// How many of the fixed responses are looked at, the first ones.
  package let responses: Int

  package init(rank: Int, responses: Int) {
    self.rank = rank
    self.responses = responses
  }

  /// Sums of squared errors on `fold` without each group, of training or of the fold: [groups, responses].
  ///
  /// - Parameters:
  ///   - leading: the directions of `fit` that move.
  ///   - lambdas: of each response, in absolute terms.
  package func squaredErrors(
    _ fit: any RidgeFit, along leading: LeadingDirections, responses: Responses, lambdas: [Double],
    folds: EpisodeFolds, fold: Int
  ) throws(VLMError) -> Matrix {
    let q = self.responses
    let columns = 0..<q
    let all = Array(0..<folds.frameCount)
    var residuals = responses.rows(all).columns(columns)
    residuals -= try fit.predictions(all, lambdas: lambdas).columns(columns)
    let training = folds.frames(outside: [fold])
    let test = folds.frames[fold]
    let onTest = residuals.rows(test)

    let groupOfFrame = folds.groupOfFrame
    // Groups that are not trained on leave all as it is.
    var errors = Matrix(1, q, onTest.columnSquares()).rows([Int](repeating: 0, count: folds.groupCount))
    for (place, frame) in test.enumerated() {
      for column in columns {
        errors[groupOfFrame[frame], column] -= onTest[place, column] * onTest[place, column]
      }
    }
    let coordinates = Matrix.beside([leading.coordinates, Matrix(all.count, 1, all.map { _ in 1 })])
    let framesOf = Dictionary(grouping: training, by: { groupOfFrame[$0] })
      .sorted { $0.key < $1.key }
    for (lambda, columns) in Dictionary(grouping: columns, by: { lambdas[$0] }).sorted(by: { $0.key < $1.key }
    ) {
      let inverse = leading.eigenvalues.map { 1 / ($0 + lambda) } + [1 / Double(max(training.count, 1))]
      // What the weights lose with each group, response by response: [groups * columns, rank + 1].
      var changes = Matrix(framesOf.count * columns.count, inverse.count)
      for (place, (_, frames)) in framesOf.enumerated() {
        let own = coordinates.rows(frames)
        var scaled = own
        scaled.scaleRows(by: inverse)
        var block = scaled.times(own, transposingOther: true)
        block.scale(by: -1)
        for index in frames.indices { block[index, index] += 1 }
        // One right-hand side a row, as LAPACK sees it.
        var solution = residuals.rows(frames).columns(columns).transposed()
        guard PositiveDefinite.solve(&block, &solution) else { throw .indefinite(order: frames.count) }
        let rows = columns.indices.map { place * columns.count + $0 }
        changes.set(rows: rows, to: solution.times(scaled))
      }
      // [test, groups * columns].
      let moved = coordinates.rows(test).times(changes, transposingOther: true)
      for (place, (group, _)) in framesOf.enumerated() {
        for (offset, column) in columns.enumerated() {
          var sum = 0.0
          for row in test.indices {
            let error = onTest[row, column] + moved[row, place * columns.count + offset]
            sum += error * error
          }
          errors[group, column] = sum
        }
      }
    }
    return errors
  }
}
