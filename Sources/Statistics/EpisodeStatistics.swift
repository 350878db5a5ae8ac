internal import COpenBLAS

/// Sums over the frames of each episode that a refit is made of, a row an episode.
package struct EpisodeStatistics {
  /// [episodes, layout.count]; rows may be weighted and added.
  package let packed: Matrix
  package let layout: StatisticsLayout

  /// `coordinates`: [frames, r]. `responses`: [frames, q].
  package init(_ coordinates: Matrix, _ responses: Matrix, folds: EpisodeFolds) {
    let layout = StatisticsLayout(rank: coordinates.columns, responses: responses.columns)
    var packed = Matrix(folds.episodeCount, layout.count)
    let framesOf = Dictionary(grouping: folds.episodeOfFrame.indices, by: { folds.episodeOfFrame[$0] })
    for (episode, frames) in framesOf {
      let z = coordinates.rows(frames)
      let y = responses.rows(frames)
      let parts: [[Double]] = [
        [Double(frames.count)], z.columnSums(), y.columnSums(), y.columnSquares(),
        y.times(z, transposingSelf: true).values, z.gram().values,
      ]
      packed.values.replaceSubrange(
        episode * layout.count..<(episode + 1) * layout.count, with: parts.flatMap { $0 })
    }
    self.packed = packed
    self.layout = layout
  }
}

/// Where the sums stand in a row: count, z, y, y squared, y z' [q, r], z z' [r, r].
package struct StatisticsLayout {
  package let rank: Int
  package let responses: Int

  package var sums: Int { 1 }
  package var responseSums: Int { 1 + rank }
  package var responseSquares: Int { 1 + rank + responses }
  package var cross: Int { 1 + rank + 2 * responses }
  package var gram: Int { cross + rank * responses }
  package var count: Int { gram + rank * rank }

  /// Fits ridge on the `training` sums, with an intercept, and gives the squared errors on the `test` sums: [q].
  package func refittedErrors(
    training: ArraySlice<Double>, test: ArraySlice<Double>, lambdas: [(lambda: Double, columns: [Int])]
  ) -> [Double] {
    let train = Array(training)
    let held = Array(test)
    var result = [Double](repeating: 0, count: responses)
    let n = train[0]
    // Every training episode missed by the draw: no fit, and a score of zero errors would be a lie.
    guard n > 0, held[0] > 0 else { return held[0] > 0 ? Array(held[responseSquares..<cross]) : result }
    var centred = Array(train[gram..<gram + rank * rank])
    for row in 0..<rank {
      for column in 0..<rank {
        centred[row * rank + column] -= train[sums + row] * train[sums + column] / n
      }
    }
    for (lambda, columns) in lambdas {
      var factor = centred
      for index in 0..<rank { factor[index * rank + index] += lambda }
      var weights = [Double](repeating: 0, count: columns.count * rank)
      for (row, column) in columns.enumerated() {
        let mean = train[responseSums + column] / n
        for index in 0..<rank {
          weights[row * rank + index] = train[cross + column * rank + index] - mean * train[sums + index]
        }
      }
      solve(&factor, &weights, count: columns.count)
      var product = [Double](repeating: 0, count: weights.count)
      if rank > 0 {
        held.withUnsafeBufferPointer { held in
          cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(columns.count), blasint(rank), blasint(rank),
            1,
            weights, blasint(rank), held.baseAddress! + gram, blasint(rank), 0, &product, blasint(rank))
        }
      }
      for (row, column) in columns.enumerated() {
        var onTraining = 0.0
        var onTest = 0.0
        var linear = 0.0
        var quadratic = 0.0
        for index in 0..<rank {
          let weight = weights[row * rank + index]
          onTraining += weight * train[sums + index]
          onTest += weight * held[sums + index]
          linear += weight * held[cross + column * rank + index]
          quadratic += weight * product[row * rank + index]
        }
        let intercept = (train[responseSums + column] - onTraining) / n
        let explained = linear + intercept * held[responseSums + column]
        let power = quadratic + 2 * intercept * onTest + held[0] * intercept * intercept
        result[column] = max(0, held[responseSquares + column] - 2 * explained + power)
      }
    }
    return result
  }

  /// Solves in place; a matrix that rounding has made indefinite gets the least diagonal that mends it.
  private func solve(_ matrix: inout [Double], _ right: inout [Double], count: Int) {
    guard rank > 0 else { return }
    let original = matrix
    var lift = 1e-14 * (0..<rank).reduce(0) { $0 + original[$1 * rank + $1] }
    while !matrix.withUnsafeMutableBufferPointer({ PositiveDefinite.factor($0.baseAddress!, order: rank) }) {
      guard lift > 0, lift.isFinite else {
        right = [Double](repeating: 0, count: right.count)
        return
      }
      matrix = original
      for index in 0..<rank { matrix[index * rank + index] += lift }
      lift *= 10
    }
    matrix.withUnsafeBufferPointer { matrix in
      right.withUnsafeMutableBufferPointer { right in
        PositiveDefinite.solve(matrix.baseAddress!, order: rank, right: right.baseAddress!, count: count)
      }
    }
  }
}
