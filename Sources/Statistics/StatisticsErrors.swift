package import Tensors

extension VLMError.Code {
  /// LAPACK did not converge.
  package static let numericsDiverged = Self("statistics.numerics.diverged")
  /// Features or targets hold NaN or infinity.
  package static let featuresNotFinite = Self("statistics.features.not-finite")
}

extension VLMError {
  static func indefinite(order: Int) -> VLMError {
    VLMError(
      .numericsDiverged, "a kernel between \(order) frames is not positive definite",
      remedy: "check the features for infinities; please report the file if there are none")
  }

  static func eigenvaluesNotFound(order: Int) -> VLMError {
    VLMError(
      .numericsDiverged, "the eigenvalues of a \(order) x \(order) matrix were not found",
      remedy: "check the features for infinities; please report the file if there are none")
  }
}
