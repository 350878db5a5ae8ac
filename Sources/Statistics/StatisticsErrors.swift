public import Tensors

extension VLMError.Code {
  /// LAPACK did not converge.
  public static let numericsDiverged = Self("statistics.numerics.diverged")
  /// Features or targets hold NaN or infinity.
  public static let featuresNotFinite = Self("statistics.features.not-finite")
}
