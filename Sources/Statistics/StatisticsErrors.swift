package import Tensors

extension VLMError.Code {
  /// LAPACK did not converge.
  package static let numericsDiverged = Self("statistics.numerics.diverged")
  /// Features or targets hold NaN or infinity.
  package static let featuresNotFinite = Self("statistics.features.not-finite")
}
