/// Coefficients of determination of out-of-fold predictions, as scikit-learn's `r2_score` has them.
package enum RSquared {
  /// `1 - SSE / SST` of each column, SST about the column's mean over all frames.
  package static func columns(_ predictions: Matrix, _ truth: Matrix) -> [Double] {
    precondition(predictions.rows == truth.rows && predictions.columns == truth.columns)
    var errors = predictions
    errors -= truth
    var centred = truth
    centred.subtractFromRows(truth.columnMeans())
    return zip(errors.columnSquares(), centred.columnSquares()).map { error, total in
      total > 0 ? 1 - error / total : 0
    }
  }

  /// The plain average over columns, so that each has one vote whatever its unit.
  package static func average(_ columns: some Collection<Double>) -> Double {
    columns.isEmpty ? 0 : columns.reduce(0, +) / Double(columns.count)
  }

  /// Sums of squares about the mean over all frames but a group's: [groups, columns].
  package static func totalsWithoutGroups(_ responses: Matrix, _ folds: EpisodeFolds) -> Matrix {
    let q = responses.columns
    // About the overall mean, which keeps the differences of sums accurate.
    var centred = responses
    centred.subtractFromRows(centred.columnMeans())
    let squares = centred.columnSquares()
    var counts = [Double](repeating: 0, count: folds.groupCount)
    var sums = Matrix(folds.groupCount, q)
    var result = Matrix(folds.groupCount, q)
    for (frame, group) in folds.groupOfFrame.enumerated() {
      counts[group] += 1
      for column in 0..<q {
        sums[group, column] += centred[frame, column]
        result[group, column] -= centred[frame, column] * centred[frame, column]
      }
    }
    let all = centred.columnSums()
    for group in 0..<folds.groupCount {
      let left = Double(centred.rows) - counts[group]
      for column in 0..<q {
        let sum = all[column] - sums[group, column]
        let total = result[group, column] + squares[column] - (left > 0 ? sum * sum / left : 0)
        // A class of which no other group is left is constant but for rounding.
        result[group, column] = total > 1e-12 * squares[column] ? total : 0
      }
    }
    return result
  }
}

/// Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.
package enum RankScore {
  /// `nil` when all labels are equal.
  package static func auc(_ scores: [Double], _ labels: [Bool]) -> Double? {
    let positives = labels.count(where: \.self)
    let negatives = labels.count - positives
    guard positives > 0, negatives > 0 else { return nil }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var rankSum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, scores[order[end + 1]] == scores[order[start]] { end += 1 }
      let rank = Double(start + end) / 2 + 1
      for position in start...end where labels[order[position]] { rankSum += rank }
      start = end + 1
    }
    return (rankSum - Double(positives * (positives + 1)) / 2) / Double(positives * negatives)
  }
}
