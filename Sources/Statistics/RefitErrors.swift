/// Sums of squared errors of bootstrap refits, by resample, outer fold and response.
package struct RefitErrors: Sendable {
  package let resamples: Int
  package let folds: Int
  package let responses: Int
  private var values: [Double]

  package init(resamples: Int, folds: Int, responses: Int) {
    self.resamples = resamples
    self.folds = folds
    self.responses = responses
    values = [Double](repeating: 0, count: resamples * folds * responses)
  }

  package subscript(resample: Int, fold: Int, response: Int) -> Double {
    values[(resample * folds + fold) * responses + response]
  }

  /// `errors`: [resamples, responses].
  package mutating func set(_ errors: Matrix, fold: Int) {
    for resample in 0..<resamples {
      for response in 0..<responses {
        values[(resample * folds + fold) * responses + response] = errors[resample, response]
      }
    }
  }

  /// Takes one response of one fold from `other`.
  package mutating func copy(_ other: RefitErrors, fold: Int, response: Int) {
    for resample in 0..<resamples {
      values[(resample * folds + fold) * responses + response] = other[resample, fold, response]
    }
  }

  /// R2 of every resample, [resamples, responses].
  ///
  /// `totals`: weighted sums of squares about the weighted mean, [resamples, responses].
  package func r2(totals: Matrix) -> Matrix {
    var result = Matrix(resamples, responses)
    for resample in 0..<resamples {
      for response in 0..<responses {
        var error = 0.0
        for fold in 0..<folds { error += self[resample, fold, response] }
        let total = totals[resample, response]
        result[resample, response] = total > 0 ? 1 - error / total : 0
      }
    }
    return result
  }
}
