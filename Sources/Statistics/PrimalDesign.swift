package import Tensors

/// Ridge from sufficient statistics: one pass over the frames of each fold, then p x p matrices only.
///
/// Per fold k: `A_k = X'X`, `B_k = X'Y`, sums, in f64. A training set is the total minus the held folds, centred
/// from the sums; the K(K+1)/2 sets with one or two folds held are all that nesting needs.
package final class PrimalDesign: Design {
  package let width: Int
  fileprivate let features: Matrix
  fileprivate let standardised: Bool
  fileprivate let folds: EpisodeFolds
  fileprivate let statistics: [FoldStatistics]
  private let columnVariances: [Double]

  /// `features`: [frames, p], less their overall means. `fixed`: [frames, q1], the responses of every fit.
  package init(_ features: Matrix, standardised: Bool, folds: EpisodeFolds, fixed: Matrix) {
    width = features.columns
    self.features = features
    self.standardised = standardised
    self.folds = folds
    var statistics = [FoldStatistics?](repeating: nil, count: folds.count)
    for fold in 0..<folds.count {
      statistics[fold] = FoldStatistics(
        features.rows(folds.trainedFrames(of: fold)), fixed.rows(folds.trainedFrames(of: fold)))
    }
    self.statistics = statistics.compactMap { $0 }
    var variances = [Double](repeating: 0, count: width)
    for part in self.statistics {
      for column in 0..<width { variances[column] += part.gram[column, column] / Double(features.rows) }
    }
    columnVariances = variances
  }

  package func fit(leavingOut held: Set<Int>, responses: Responses) throws(VLMError) -> any RidgeFit {
    let kept = (0..<folds.count).filter { !held.contains($0) }
    var gram = Matrix(width, width)
    var cross = Matrix(width, responses.fixed.columns)
    var sums = [Double](repeating: 0, count: width)
    var responseSums = [Double](repeating: 0, count: responses.fixed.columns)
    var count = 0
    for part in kept.map({ statistics[$0] }) {
      gram += part.gram
      cross += part.cross
      for index in sums.indices { sums[index] += part.sums[index] }
      for index in responseSums.indices { responseSums[index] += part.responseSums[index] }
      count += part.count
    }
    if let fitted = responses.fitted {
      let training = folds.frames(outside: held)
      let rows = fitted.rows(training)
      cross = .beside([cross, features.rows(training).times(rows, transposingSelf: true)])
      responseSums += rows.columnSums()
    }
    let means = sums.map { $0 / Double(max(count, 1)) }
    let responseMeans = responseSums.map { $0 / Double(max(count, 1)) }
    gram.addOuter(means, sums, times: -1)
    cross.addOuter(means, responseSums, times: -1)

    var scale = [Double](repeating: 1, count: width)
    if standardised {
      for column in 0..<width {
        let variance = gram[column, column] / Double(max(count, 1))
        // A column that is constant in the training set says nothing there; scaling it up would make noise of it.
        scale[column] = variance > 1e-6 * columnVariances[column] ? 1 / variance.squareRoot() : 0
      }
      for row in 0..<width {
        for column in 0..<width { gram[row, column] *= scale[row] * scale[column] }
        for column in 0..<cross.columns { cross[row, column] *= scale[row] }
      }
    }
    let unit = gram.trace / Double(max(width, 1))
    let eigen = try SymmetricEigen(gram)
    let significantValues = significant(eigen.values)
    var directions = eigen.vectors.rows(significantValues)
    let coefficients = directions.times(cross)
    if standardised { directions.scaleRows(by: scale) }
    return PrimalFit(
      design: self, eigenvalues: significantValues.map { eigen.values[$0] }, lambdaUnit: unit,
      coefficients: coefficients,
      responseMeans: responseMeans, directions: directions, means: means, fitted: responses.fitted)
  }
}

/// The sums of one fold.
private struct FoldStatistics: Sendable {
  let count: Int
  let gram: Matrix
  let cross: Matrix
  let sums: [Double]
  let responseSums: [Double]
  let responseSquares: [Double]

  init(_ features: Matrix, _ responses: Matrix) {
    count = features.rows
    gram = features.gram()
    cross = features.times(responses, transposingSelf: true)
    sums = features.columnSums()
    responseSums = responses.columnSums()
    responseSquares = responses.columnSquares()
  }
}

/// The training features, centred (and scaled where the design says so), have the spectral decomposition
/// `A = V diag(s) V'`; the prediction for a frame with the coordinates `z = V'x` is
/// `mean(y) + z' diag(1 / (s + lambda)) V'X'Y`.
private struct PrimalFit: RidgeFit {
  let design: PrimalDesign
  /// [d], ascending and positive.
  let eigenvalues: [Double]
  let lambdaUnit: Double
  /// `V'X'Y`: [d, q].
  let coefficients: Matrix
  let responseMeans: [Double]
  /// [d, p]: `z = directions (x - means)`.
  let directions: Matrix
  let means: [Double]
  let fitted: Matrix?

  /// `diag(1 / (s + lambda)) V'X'Y`, with one lambda a response: [d, q].
  func shrunken(_ lambdas: [Double]) -> Matrix {
    var result = coefficients
    let count = result.columns
    result.values.withUnsafeMutableBufferPointer { values in
      for (row, eigenvalue) in eigenvalues.enumerated() {
        for column in 0..<count { values[row * count + column] /= eigenvalue + lambdas[column] }
      }
    }
    return result
  }

  func squaredErrors(onFolds folds: [Int], lambdas: [Double]) -> [Matrix] {
    folds.map { squaredErrors(onFold: $0, lambdas: lambdas) }
  }

  /// `y'y - 2 w'b + w'Aw` about the training means, along the directions: no frame is touched.
  private func squaredErrors(onFold fold: Int, lambdas: [Double]) -> Matrix {
    let part = design.statistics[fold]
    var cross = part.cross
    var responseSums = part.responseSums
    var responseSquares = part.responseSquares
    if let fitted {
      let frames = design.folds.trainedFrames(of: fold)
      let rows = fitted.rows(frames)
      cross = .beside([cross, design.features.rows(frames).times(rows, transposingSelf: true)])
      responseSums += rows.columnSums()
      responseSquares += rows.columnSquares()
    }
    let count = Double(part.count)
    let q = responseMeans.count
    let squares = (0..<q).map { column in
      let mean = responseMeans[column]
      return responseSquares[column] - 2 * mean * responseSums[column] + count * mean * mean
    }
    let shifted = zip(part.sums, means).map { $0 - count * $1 }
    cross.addOuter(means, responseSums, times: -1)
    cross.addOuter(shifted, responseMeans, times: -1)
    var gram = part.gram
    gram.addOuter(means, part.sums, times: -1)
    gram.addOuter(shifted, means, times: -1)
    // [d, q] and [d, d].
    let linear = directions.times(cross)
    let quadratic = directions.times(gram).times(directions, transposingOther: true)

    var result = Matrix(lambdas.count, q)
    for (row, lambda) in lambdas.enumerated() {
      let weights = shrunken([Double](repeating: lambda, count: q))
      var slopes = quadratic.times(weights)
      slopes.add(linear, times: -2)
      let sums = weights.columnProducts(slopes)
      for column in 0..<q { result[row, column] = squares[column] + sums[column] }
    }
    return result
  }

  func predictions(_ frames: [Int], lambdas: [Double]) -> Matrix {
    var rows = design.features.rows(frames)
    rows.subtractFromRows(means)
    var result = rows.times(directions.times(shrunken(lambdas), transposingSelf: true))
    result.subtractFromRows(responseMeans.map { -$0 })
    return result
  }

  func leadingDirections(rank: Int) -> LeadingDirections {
    var rows = design.features
    rows.subtractFromRows(means)
    let leading = max(0, directions.rows - rank)..<directions.rows
    return LeadingDirections(
      eigenvalues: Array(eigenvalues[leading]),
      coordinates: rows.times(directions.rows(leading), transposingOther: true))
  }
}
