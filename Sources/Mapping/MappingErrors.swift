package import Tensors

extension VLMError.Code {
  package static let familySyntax = Self("mapping.family.syntax")
  package static let familyKey = Self("mapping.family.key")
  package static let familyPattern = Self("mapping.family.pattern")
  package static let familyTransform = Self("mapping.family.transform")
  package static let familyNotInvertible = Self("mapping.family.not-invertible")
  package static let familyAmbiguous = Self("mapping.family.ambiguous")
  package static let familyExpression = Self("mapping.family.expression")
  package static let familyUnknown = Self("mapping.family.unknown")
  package static let dialectUnknown = Self("mapping.dialect.unknown")
  package static let configMissing = Self("mapping.config.missing")
  package static let configSyntax = Self("mapping.config.syntax")
  package static let configValue = Self("mapping.config.value")
  package static let configUnsupported = Self("mapping.config.unsupported")
  package static let configQuantized = Self("mapping.config.quantized")
  package static let configVersion = Self("mapping.config.version")
  package static let coverageUnclaimed = Self("mapping.coverage.unclaimed")
  package static let coverageMissing = Self("mapping.coverage.missing")
  package static let coverageShape = Self("mapping.coverage.shape")
  package static let coverageTransform = Self("mapping.coverage.transform")
  package static let parameterUnknown = Self("mapping.parameter.unknown")
  package static let parameterDType = Self("mapping.parameter.dtype")
  package static let namesAmbiguous = Self("mapping.names.ambiguous")
  package static let patternMalformed = Self("mapping.pattern.malformed")
  /// A scheme nobody registered.
  package static let schemeUnknown = Self("quantization.scheme.unknown")
  /// A granularity the scheme does not take, or a group size that is no group size.
  package static let granularityRefused = Self("quantization.granularity.refused")
  package static let layoutUnsupported = Self("mapping.layout.unsupported")
}

extension VLMError.Code {
  package static let diffFound = Self("mapping.diff.found")
  /// Not the stage of training that was claimed.
  package static let stageRefuted = Self("mapping.diff.stage-refuted")
  /// Two checkpoints between which no stage can be told: of two families, without a part, in int8.
  package static let stageUntold = Self("mapping.diff.stage-untold")
  package static let conversionQuantized = Self("mapping.conversion.quantized")
  package static let conversionDialect = Self("mapping.conversion.dialect")
  package static let conversionGGUF = Self("mapping.conversion.gguf")
  package static let manifestUnreadable = Self("mapping.manifest.unreadable")
}
