package import Tensors

extension VLMError.Code {
  package static let pickleMalformed = Self("files.pickle.malformed")
  package static let pickleOpcode = Self("files.pickle.opcode")
  package static let pickleGlobal = Self("files.pickle.global")
  package static let pickleTooLarge = Self("files.pickle.tooLarge")
  package static let pickleNesting = Self("files.pickle.nesting")
}
