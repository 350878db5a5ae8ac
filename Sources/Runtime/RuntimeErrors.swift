package import Tensors

extension VLMError.Code {
  package static let parameterMissing = Self("runtime.parameter.missing")
  package static let parameterShape = Self("runtime.parameter.shape")
  package static let parameterNotFinite = Self("runtime.parameter.notFinite")
  package static let noVisionEncoder = Self("runtime.model.noVision")
  package static let configurationInvalid = Self("runtime.configuration.invalid")
  package static let inputShape = Self("runtime.input.shape")
  package static let inputGrid = Self("runtime.input.grid")
  package static let inputTokens = Self("runtime.input.tokens")
  package static let promptImages = Self("runtime.prompt.images")
  package static let promptTemplate = Self("runtime.prompt.template")
  package static let noLanguageModel = Self("runtime.model.noLanguage")
  package static let stageUnknown = Self("runtime.stage.unknown")
  package static let processorMissing = Self("runtime.processor.missing")
  package static let processorMalformed = Self("runtime.processor.malformed")
  package static let processorUnknown = Self("runtime.processor.unknown")
  package static let processorUnsupported = Self("runtime.processor.unsupported")
  package static let processorMismatch = Self("runtime.processor.mismatch")
  package static let verificationFailed = Self("runtime.verification.failed")
  package static let referenceInput = Self("runtime.reference.input")
  package static let referenceEmpty = Self("runtime.reference.empty")
}
