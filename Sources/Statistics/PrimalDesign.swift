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
    let training = folds.frames(outside: held)
    if let rows = responses.left(training) {
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
    return PrimalFit(
      design: self, lambdaUnit: gram.trace / Double(max(width, 1)), gram: gram, cross: cross.transposed(),
      responseMeans: responseMeans, scale: scale, means: means, responses: responses)
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

/// The training features, centred (and scaled where the design says so), have the products `A = X'X = Q T Q'` (see
/// `TridiagonalForm`); the prediction for a frame x is `mean(y) + x'w` with `w = (A + lambda)^-1 X'y`.
private struct PrimalFit: RidgeFit {
  let design: PrimalDesign
  let lambdaUnit: Double
  let responseMeans: [Double]
  /// What columns are multiplied by, after `means` are taken away: [p].
  private let scale: [Double]
  private let means: [Double]
  private let form: TridiagonalForm
  /// `Q'X'y`, one response a row: [q, p].
  private let targets: Matrix
  private let responses: Responses

  /// - Parameters:
  ///   - gram: `A`.
  ///   - cross: `X'y`, one response a row.
  init(
    design: PrimalDesign, lambdaUnit: Double, gram: Matrix, cross: Matrix, responseMeans: [Double],
    scale: [Double], means: [Double], responses: Responses
  ) {
    (self.design, self.lambdaUnit, self.responseMeans) = (design, lambdaUnit, responseMeans)
    (self.scale, self.means, self.responses) = (scale, means, responses)
    form = TridiagonalForm(gram)
    targets = form.rotated(cross)
  }

  /// Weights of features as they are, from those along Q: [m, p].
  private func turnedBack(_ weights: Matrix) -> Matrix {
    var result = form.rotatedBack(weights)
    result.scaleRows(by: scale)
    return result
  }

  /// `y'y - 2 w'b + w'Aw` about the training means: no frame is touched.
  func squaredErrors(onFolds folds: [Int], lambdas: [Double]) throws(VLMError) -> [Matrix] {
    // Either the weights go to where the fold's products are, or these to where the weights are: the fewer of them.
    let turnsBack = lambdas.count * targets.rows < 2 * folds.count * form.order
    let held = folds.map { fold in
      let products = products(ofFold: fold)
      return turnsBack ? products : products.turned { form.rotated($0.scaled(by: scale)) }
    }
    var result = held.map { _ in Matrix(lambdas.count, targets.rows) }
    for (row, lambda) in lambdas.enumerated() {
      let solutions = try form.solved(targets, lambdas: [lambda])
      let weights = turnsBack ? turnedBack(solutions) : solutions
      for (place, products) in held.enumerated() {
        var slopes = weights.times(products.gram)
        slopes.add(products.cross, times: -2)
        for (column, sum) in weights.rowProducts(slopes).enumerated() {
          result[place][row, column] = products.squares[column] + sum
        }
      }
    }
    return result
  }

  /// Of a fold about the training means: `A`, [p, p]; `b` of every response, [q, p]; and `y'y`, [q].
  private struct Products {
    var gram: Matrix
    var cross: Matrix
    let squares: [Double]

    /// - Parameter turn: what brings vectors, one a row, to another basis.
    func turned(_ turn: (Matrix) -> Matrix) -> Products {
      Products(gram: turn(turn(gram).transposed()), cross: turn(cross), squares: squares)
    }
  }

  private func products(ofFold fold: Int) -> Products {
    let part = design.statistics[fold]
    var cross = part.cross
    var responseSums = part.responseSums
    var responseSquares = part.responseSquares
    let frames = design.folds.trainedFrames(of: fold)
    if let rows = responses.left(frames) {
      cross = .beside([cross, design.features.rows(frames).times(rows, transposingSelf: true)])
      responseSums += rows.columnSums()
      responseSquares += rows.columnSquares()
    }
    let count = Double(part.count)
    let squares = responseMeans.indices.map { column in
      let mean = responseMeans[column]
      return responseSquares[column] - 2 * mean * responseSums[column] + count * mean * mean
    }
    let shifted = zip(part.sums, means).map { $0 - count * $1 }
    cross.addOuter(means, responseSums, times: -1)
    cross.addOuter(shifted, responseMeans, times: -1)
    var gram = part.gram
    gram.addOuter(means, part.sums, times: -1)
    gram.addOuter(shifted, means, times: -1)
    return Products(gram: gram, cross: cross.transposed(), squares: squares)
  }

  func predictions(_ frames: [Int], lambdas: [Double]) throws(VLMError) -> Matrix {
    var rows = design.features.rows(frames)
    rows.subtractFromRows(means)
    let weights = turnedBack(try form.solved(targets, lambdaOfRow: lambdas))
    var result = rows.times(weights, transposingOther: true)
    result.subtractFromRows(responseMeans.map { -$0 })
    return result
  }

  func leadingDirections(rank: Int) throws(VLMError) -> LeadingDirections {
    let (values, vectors) = try form.leading(rank)
    var rows = design.features
    rows.subtractFromRows(means)
    return LeadingDirections(
      eigenvalues: values, coordinates: rows.times(vectors.scaled(by: scale), transposingOther: true))
  }
}
