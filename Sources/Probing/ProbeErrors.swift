public import Tensors

extension VLMError.Code {
  /// LAPACK did not converge.
  public static let probeNumericsDiverged = Self("probing.numerics.diverged")
  /// Features or targets hold NaN or infinity.
  public static let probeFeaturesNotFinite = Self("probing.features.not-finite")
  /// A checkpoint in place of the data, and the other way round.
  public static let probeSwapped = Self("probing.data.swapped")
  /// Images whose features differ in size.
  public static let probeFeaturesUneven = Self("probing.features.uneven")
  /// A feature cache that does not hold what its name says.
  public static let probeCacheDamaged = Self("probing.cache.damaged")
  /// A folder for cached features that cannot be written.
  public static let probeCacheUnwritable = Self("probing.cache.unwritable")
  /// A limit of the cache that is no size.
  public static let probeCacheLimit = Self("probing.cache.limit")
  /// Too few episodes, tasks or frames to split.
  public static let probeDataTooFew = Self("probing.data.too-few")
  /// A target that does not exist or never changes.
  public static let probeTargetUnusable = Self("probing.target.unusable")
  /// Two checkpoints that cannot be compared stage by stage.
  public static let probeComparisonMismatch = Self("probing.comparison.mismatch")
  /// A setting out of its range.
  public static let probeSettingInvalid = Self("probing.setting.invalid")
}
