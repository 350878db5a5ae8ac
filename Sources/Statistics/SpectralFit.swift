/// Ridge on one training set for every lambda and every response at once.
///
/// The training features, centred (and scaled where the design says so), have the spectral decomposition
/// `A = V diag(s) V'`; then the prediction for a frame with spectral coordinates `z` is
/// `mean(y) + z' diag(1 / (s + lambda)) c`. Primal: `z = V'x`, `c = V'X'Y`. Dual: `z = U'k(x)`, `c = U'Y`.
package protocol SpectralFit {
  /// [d], positive.
  var eigenvalues: [Double] { get }
  /// tr(A) / p: the unit of lambda.
  var lambdaUnit: Double { get }
  /// [d, q].
  var coefficients: Matrix { get }
  /// [q].
  var responseMeans: [Double] { get }

  /// Sums of squared errors on the frames of `fold`: [lambdas, q]; `lambdas` in absolute terms.
  func squaredErrors(onFold fold: Int, lambdas: [Double]) -> Matrix

  /// Predictions for `frames` with one lambda a response: [frames, q].
  func predictions(_ frames: [Int], lambdas: [Double]) -> Matrix

  /// The coordinates of all frames along the `rank` leading directions: [frames, rank], in which the training
  /// Gram is diagonal with the leading eigenvalues.
  func leadingCoordinates(rank: Int) -> Matrix
}

extension SpectralFit {
  /// `diag(1 / (s + lambda)) c`, with one lambda a response: [d, q].
  package func shrunken(_ lambdas: [Double]) -> Matrix {
    var result = coefficients
    let count = result.columns
    for (row, eigenvalue) in eigenvalues.enumerated() {
      for column in 0..<count { result.values[row * count + column] /= eigenvalue + lambdas[column] }
    }
    return result
  }
}

/// Drops the eigenvalues that rounding alone can make: below `1e-14` of the largest.
package func significant(_ values: [Double]) -> [Int] {
  guard let largest = values.last, largest > 0 else { return [] }
  return values.indices.filter { values[$0] > 1e-14 * largest }
}
