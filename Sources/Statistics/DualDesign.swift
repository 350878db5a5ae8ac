package import Tensors

/// Ridge from the products between frames, for features wider than the training set and for sums of kernels.
///
/// Exactly the primal solution; the cost grows with frames, not features. With tasks, the kernel is
/// `K_X + K_L + K_X o K_L`: shared weights, an offset for each task, and weights of its own for each task, the three
/// parts scaled to one trace in the training set so that none drowns the others.
package final class DualDesign: Design {
  /// What the products are made from.
  package enum Base: Sendable {
    /// Products of the features as they are: [frames, frames].
    case products(Matrix)
    /// Features that get unit variance in each training set: [frames, p].
    case standardising(Matrix)
  }

  package let width: Int
  fileprivate let folds: EpisodeFolds
  private let base: Base
  private let tasks: [Int]?

  /// `tasks`: the task of each frame, when the readout may depend on it.
  package init(_ base: Base, width: Int, tasks: [Int]? = nil, folds: EpisodeFolds) {
    self.base = base
    self.width = width
    self.tasks = Set(tasks ?? []).count > 1 ? tasks : nil
    self.folds = folds
  }

  package func fit(leavingOut held: Set<Int>, responses: Responses) throws(VLMError) -> any SpectralFit {
    let training = folds.frames(outside: held)
    let products = combined(training)
    let gram = products.rows(training)
    let eigen = try SymmetricEigen(gram)
    let kept = significant(eigen.values)
    let vectors = eigen.vectors.rows(kept)
    var targets = responses.rows(training)
    let means = targets.columnMeans()
    targets.subtractFromRows(means)
    return DualFit(
      design: self, eigenvalues: kept.map { eigen.values[$0] },
      lambdaUnit: gram.trace / Double(max(width, 1)),
      coefficients: vectors.times(targets), responseMeans: means,
      coordinates: products.times(vectors, transposingOther: true), responses: responses)
  }

  /// Products of all frames with the training frames, centred in the training set: [frames, training].
  private func combined(_ training: [Int]) -> Matrix {
    var shared =
      switch base {
      case .products(let products): products.columns(training)
      case .standardising(let features): standardised(features, training)
      }
    shared.centreKernel(about: training)
    guard let tasks else { return shared }
    var offset = Matrix(shared.rows, shared.columns)
    var own = offset
    for row in 0..<shared.rows {
      for (column, frame) in training.enumerated() where tasks[frame] == tasks[row] {
        offset[row, column] = 1
        own[row, column] = shared[row, column]
      }
    }
    var result = Matrix(shared.rows, shared.columns)
    offset.centreKernel(about: training)
    own.centreKernel(about: training)
    for part in [shared, offset, own] {
      let trace = training.enumerated().reduce(0) { $0 + part[$1.element, $1.offset] }
      if trace > 0 { result.add(part, times: Double(training.count) / trace) }
    }
    return result
  }

  private func standardised(_ features: Matrix, _ training: [Int]) -> Matrix {
    var all = features
    all.subtractFromRows(all.rows(training).columnMeans())
    let overall = features.columnSquares().map { $0 / Double(features.rows) }
    let variances = all.rows(training).columnSquares().map { $0 / Double(max(training.count, 1)) }
    // A column that is constant in the training set says nothing there; scaling it up would make noise of it.
    all.scaleRows(by: zip(variances, overall).map { $0 > 1e-6 * $1 ? 1 / $0.squareRoot() : 0 })
    return all.times(all.rows(training), transposingOther: true)
  }
}

private struct DualFit: SpectralFit {
  let design: DualDesign
  let eigenvalues: [Double]
  let lambdaUnit: Double
  let coefficients: Matrix
  let responseMeans: [Double]
  /// [frames, d]: `U'k(x)` of every frame.
  let coordinates: Matrix
  let responses: Responses

  func squaredErrors(onFold fold: Int, lambdas: [Double]) -> Matrix {
    let frames = design.folds.frames[fold]
    let truth = responses.rows(frames)
    let rows = coordinates.rows(frames)
    var result = Matrix(lambdas.count, truth.columns)
    for (row, lambda) in lambdas.enumerated() {
      var errors = rows.times(shrunken([Double](repeating: lambda, count: truth.columns)))
      errors.subtractFromRows(responseMeans.map { -$0 })
      errors -= truth
      for (column, sum) in errors.columnSquares().enumerated() { result[row, column] = sum }
    }
    return result
  }

  func predictions(_ frames: [Int], lambdas: [Double]) -> Matrix {
    var result = coordinates.rows(frames).times(shrunken(lambdas))
    result.subtractFromRows(responseMeans.map { -$0 })
    return result
  }

  func leadingCoordinates(rank: Int) -> Matrix {
    let count = eigenvalues.count
    let leading = Array(count - min(rank, count)..<count)
    var result = coordinates.columns(leading)
    result.scaleRows(by: leading.map { 1 / eigenvalues[$0].squareRoot() })
    return result
  }
}
