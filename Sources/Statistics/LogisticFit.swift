internal import Foundation
package import Tensors

/// Multinomial logistic regression with an L2 penalty: the least of `sum -log p(class | z) + lambda / 2 |W|^2`, p being the
/// softmax of `W z + b`, b free.
///
/// What scikit-learn's LogisticRegression(C = 1 / lambda) finds for three classes or more. For two it has one vector of weights,
/// the difference of ours, and C = 2 / lambda.
///
/// L-BFGS, in the scale of the bound `X'X / 2 + lambda` on the curvature (Boehning 1992), which for principal components is
/// diagonal.
package struct LogisticFit {
  /// `W` and, last, `b`: [classes, r + 1].
  package let weights: Matrix

  /// Of the gradient in that scale, over the root of the number of frames.
  package static let tight = 1e-10
  /// Enough to compare lambdas.
  package static let loose = 1e-5

  private static let mostSteps = 5000

  /// - Parameters:
  ///   - features: [frames, r], centred.
  ///   - classes: of every frame, below `count`, each there.
  ///   - start: a solution nearby.
  package init(
    _ features: Matrix, classes: [Int], count: Int, lambda: Double, start: LogisticFit? = nil,
    tolerance: Double
  ) throws(VLMError) {
    precondition(features.rows == classes.count && lambda > 0)
    let problem = Problem(features, classes: classes, count: count, lambda: lambda)
    var point = problem.scaled(start?.weights ?? Matrix(count, features.columns + 1))
    guard
      LBFGS.minimise(
        &point, tolerance: tolerance * Double(classes.count).squareRoot(), mostSteps: Self.mostSteps,
        problem.value)
    else {
      throw VLMError(
        .numericsDiverged, "a logistic regression on \(classes.count) frames did not converge",
        remedy: "check the features for infinities; please report the file if there are none")
    }
    weights = problem.unscaled(point)
  }

  /// [frames, classes].
  package func probabilities(_ features: Matrix) -> Matrix {
    var result = Problem.logits(features, weights)
    result.softmax()
    return result
  }

  /// The function to be minimised, of weights in the scale of its curvature.
  private struct Problem {
    let features: Matrix
    let classes: [Int]
    let lambda: Double
    /// Of a weight, and last of the intercept.
    let scales: [Double]
    let count: Int

    init(_ features: Matrix, classes: [Int], count: Int, lambda: Double) {
      self.features = features
      self.classes = classes
      self.count = count
      self.lambda = lambda
      scales =
        features.columnSquares().map { 1 / ($0 / 2 + lambda).squareRoot() }
        + [1 / (Double(max(features.rows, 1)) / 2).squareRoot()]
    }

    func scaled(_ weights: Matrix) -> [Double] {
      var result = weights
      result.scaleRows(by: scales.map { 1 / $0 })
      return result.values
    }

    func unscaled(_ point: [Double]) -> Matrix {
      var result = Matrix(count, scales.count, point)
      result.scaleRows(by: scales)
      return result
    }

    func value(_ point: [Double]) -> (Double, gradient: [Double]) {
      let weights = unscaled(point)
      let rank = features.columns
      var residuals = Problem.logits(features, weights)
      residuals.softmax()
      var value = 0.0
      for (frame, known) in classes.enumerated() {
        value -= log(max(residuals[frame, known], .leastNormalMagnitude))
        residuals[frame, known] -= 1
      }
      let slopes = residuals.times(features, transposingSelf: true)
      let sums = residuals.columnSums()
      var gradient = Matrix(count, rank + 1)
      for row in 0..<count {
        for column in 0..<rank {
          let weight = weights[row, column]
          value += lambda / 2 * weight * weight
          gradient[row, column] = slopes[row, column] + lambda * weight
        }
        gradient[row, rank] = sums[row]
      }
      gradient.scaleRows(by: scales)
      return (value, gradient.values)
    }

    /// [frames, classes].
    static func logits(_ features: Matrix, _ weights: Matrix) -> Matrix {
      let rank = features.columns
      var result = features.times(weights.columns(0..<rank), transposingOther: true)
      result.subtractFromRows(weights.column(rank).map { -$0 })
      return result
    }
  }
}

extension Matrix {
  /// Turns every row of logits into probabilities.
  mutating func softmax() {
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        Self.softmax(UnsafeMutableBufferPointer(rebasing: values[row * columns..<(row + 1) * columns]))
      }
    }
  }

  /// Turns logits into probabilities.
  static func softmax(_ row: UnsafeMutableBufferPointer<Double>) {
    var largest = -Double.infinity
    for value in row { largest = max(largest, value) }
    var sum = 0.0
    for index in row.indices {
      row[index] = exp(row[index] - largest)
      sum += row[index]
    }
    for index in row.indices { row[index] /= sum }
  }
}
