package import Tensors

extension VLMError.Code {
  /// Images whose features differ in size.
  package static let featuresUneven = Self("features.features.uneven")
  /// A feature cache that does not hold what its name says.
  package static let cacheDamaged = Self("features.cache.damaged")
  /// A folder for cached features that cannot be written.
  package static let cacheUnwritable = Self("features.cache.unwritable")
  /// A limit of the cache that is no size.
  package static let cacheLimit = Self("features.cache.limit")
}

extension VLMError {
  /// Images give features of different sizes at a stage.
  static func uneven(_ stage: String?) -> VLMError {
    VLMError(
      .featuresUneven, "images give features of different sizes", tensor: stage,
      remedy: "probe frames of one size")
  }
}
