package import Tensors

/// Ridge on one training set for every lambda and every response at once.
package protocol RidgeFit {
  /// tr(A) / p, A being the training features' Gram matrix: the unit of lambda.
  var lambdaUnit: Double { get }
  /// [q].
  var responseMeans: [Double] { get }

  /// Sums of squared errors on what may be trained on of each of `folds`: [lambdas, q]; `lambdas` in absolute terms.
  func squaredErrors(onFolds folds: [Int], lambdas: [Double]) throws(VLMError) -> [Matrix]

  /// Predictions for `frames` with one lambda a response: [frames, q].
  func predictions(_ frames: [Int], lambdas: [Double]) throws(VLMError) -> Matrix

  /// The `rank` directions in which the training features spread most, or as many as there are.
  func leadingDirections(rank: Int) throws(VLMError) -> LeadingDirections
}

/// Principal directions of a training set.
package struct LeadingDirections: Sendable {
  /// Of the training Gram matrix, ascending: [r].
  package let eigenvalues: [Double]
  /// Of all frames, such that the training Gram matrix is diagonal with the eigenvalues: [frames, r].
  package let coordinates: Matrix
}

/// Drops the eigenvalues that rounding alone can make: below `1e-14` of the largest.
package func significant(_ values: [Double]) -> [Int] {
  guard let largest = values.last, largest > 0 else { return [] }
  return values.indices.filter { values[$0] > 1e-14 * largest }
}
