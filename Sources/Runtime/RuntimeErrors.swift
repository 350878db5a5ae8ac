package import Tensors

extension VLMError.Code {
  package static let parameterMissing = Self("runtime.parameter.missing")
  package static let parameterShape = Self("runtime.parameter.shape")
  package static let noVisionEncoder = Self("runtime.model.noVision")
  package static let configurationInvalid = Self("runtime.configuration.invalid")
  package static let inputShape = Self("runtime.input.shape")
  package static let inputGrid = Self("runtime.input.grid")
  package static let stageUnknown = Self("runtime.stage.unknown")
}
