package import Tensors

extension VLMError.Code {
  package static let templateSyntax = Self("templates.file.syntax")
  package static let templateField = Self("templates.file.field")
  package static let templateRaised = Self("templates.run.raised")
  package static let templateValue = Self("templates.run.value")
  package static let templateLimit = Self("templates.run.limit")
}
