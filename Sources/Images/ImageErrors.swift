package import Tensors

extension VLMError.Code {
  package static let imageUnreadable = Self("images.file.unreadable")
  package static let imageFormatUnknown = Self("images.file.unknownFormat")
  package static let imageTooLarge = Self("images.file.tooLarge")
  package static let imageMalformed = Self("images.file.malformed")
  package static let imageMemory = Self("images.memory.exhausted")
}
