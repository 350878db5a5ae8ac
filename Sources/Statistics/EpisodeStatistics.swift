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
      let gram = z.gram()
      var parts: [[Double]] = [
        [Double(frames.count)], z.columnSums(), y.columnSums(), y.columnSquares(),
        y.times(z, transposingSelf: true).values,
      ]
      parts += (0..<gram.rows).map { Array(gram.row($0).prefix($0 + 1)) }
      packed.values.replaceSubrange(
        episode * layout.count..<(episode + 1) * layout.count, with: parts.flatMap { $0 })
    }
    self.packed = packed
    self.layout = layout
  }
}

/// Where the sums stand in a row: count, z, y, y squared, y z' [q, r], and of z z' the lower triangle, row by row.
package struct StatisticsLayout {
  package let rank: Int
  package let responses: Int

  package var sums: Int { 1 }
  package var responseSums: Int { 1 + rank }
  package var responseSquares: Int { 1 + rank + responses }
  package var cross: Int { 1 + rank + 2 * responses }
  package var gram: Int { cross + rank * responses }
  package var count: Int { gram + rank * (rank + 1) / 2 }

  /// Fits ridge on the `training` sums, with an intercept, and gives the squared errors on the `test` sums: [q].
  package func refittedErrors(
    training: ArraySlice<Double>, test: ArraySlice<Double>, lambdas: [(lambda: Double, columns: [Int])]
  ) -> [Double] {
    var result = [Double](repeating: 0, count: responses)
    training.withUnsafeBufferPointer { train in
      test.withUnsafeBufferPointer { held in
        let n = train[0]
        // Every training episode missed by the draw: no fit, and a score of zero errors would be a lie.
        guard n > 0, held[0] > 0 else {
          if held[0] > 0 { for column in result.indices { result[column] = held[responseSquares + column] } }
          return
        }
        let heldGram = unpacked(held)
        var centred = unpacked(train)
        for row in 0..<rank {
          let mean = train[sums + row] / n
          for column in 0...row { centred[row, column] -= mean * train[sums + column] }
        }
        for (lambda, columns) in lambdas {
          let weights = weights(train, centred, lambda: lambda, columns: columns)
          let product = weights.times(symmetric: heldGram)
          for (row, column) in columns.enumerated() {
            var onTraining = 0.0
            var onTest = 0.0
            var linear = 0.0
            var quadratic = 0.0
            for index in 0..<rank {
              let weight = weights[row, index]
              onTraining += weight * train[sums + index]
              onTest += weight * held[sums + index]
              linear += weight * held[cross + column * rank + index]
              quadratic += weight * product[row, index]
            }
            let intercept = (train[responseSums + column] - onTraining) / n
            let explained = linear + intercept * held[responseSums + column]
            let power = quadratic + 2 * intercept * onTest + held[0] * intercept * intercept
            result[column] = max(0, held[responseSquares + column] - 2 * explained + power)
          }
        }
      }
    }
    return result
  }

  /// z z', of which the lower triangle is filled: [r, r].
  private func unpacked(_ row: UnsafeBufferPointer<Double>) -> Matrix {
    var result = Matrix(rank, rank)
    result.values.withUnsafeMutableBufferPointer { values in
      var place = gram
      for index in 0..<rank {
        for column in 0...index { values[index * rank + column] = row[place + column] }
        place += index + 1
      }
    }
    return result
  }

  /// `(A + lambda)^-1 b` of the named responses: [columns, r]. A matrix that rounding has made indefinite gets the least
  /// diagonal that mends it.
  private func weights(
    _ train: UnsafeBufferPointer<Double>, _ gram: Matrix, lambda: Double, columns: [Int]
  ) -> Matrix {
    var right = Matrix(columns.count, rank)
    guard rank > 0 else { return right }
    for (row, column) in columns.enumerated() {
      let mean = train[responseSums + column] / train[0]
      for index in 0..<rank {
        right[row, index] = train[cross + column * rank + index] - mean * train[sums + index]
      }
    }
    var lift = 0.0
    while true {
      var factor = gram
      for index in 0..<rank { factor[index, index] += lambda + lift }
      if PositiveDefinite.factor(&factor) {
        PositiveDefinite.solve(factored: factor, &right)
        return right
      }
      lift = lift > 0 ? 10 * lift : 1e-14 * (gram.trace + Double(rank) * lambda)
      guard lift > 0, lift.isFinite else { return Matrix(columns.count, rank) }
    }
  }
}

extension Matrix {
  /// `self * other`, of whose symmetric values the lower triangle is filled (dsymm).
  fileprivate func times(symmetric other: Matrix) -> Matrix {
    precondition(columns == other.rows && other.rows == other.columns)
    var result = Matrix(rows, columns)
    guard rows > 0, columns > 0 else { return result }
    result.values.withUnsafeMutableBufferPointer { c in
      cblas_dsymm(
        CblasRowMajor, CblasRight, CblasLower, blasint(rows), blasint(columns), 1, other.values,
        blasint(columns),
        values, blasint(columns), 0, c.baseAddress, blasint(columns))
    }
    return result
  }
}
