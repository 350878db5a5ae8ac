package import Tensors

extension VLMError.Code {
  package static let numpyMagic = Self("files.numpy.magic")
  package static let numpyHeader = Self("files.numpy.header")
  package static let numpyType = Self("files.numpy.type")
  package static let numpySize = Self("files.numpy.size")
}
