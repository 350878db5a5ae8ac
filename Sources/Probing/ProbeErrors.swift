package import Tensors

extension VLMError.Code {
  /// A stage that the model does not have.
  package static let probeStageUnknown = Self("probing.stage.unknown")
  /// A checkpoint in place of the data, and the other way round.
  package static let probeSwapped = Self("probing.data.swapped")
  /// Too few episodes, tasks or frames to split.
  package static let probeDataTooFew = Self("probing.data.too-few")
  /// A target that does not exist or never changes.
  package static let probeTargetUnusable = Self("probing.target.unusable")
  /// Two checkpoints that cannot be compared stage by stage.
  package static let probeComparisonMismatch = Self("probing.comparison.mismatch")
  /// A plant that does not exist.
  package static let plantUnknown = Self("probing.plant.unknown")
  /// A setting out of its range.
  package static let probeSettingInvalid = Self("probing.setting.invalid")
}
