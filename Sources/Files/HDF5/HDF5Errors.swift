package import Tensors

extension VLMError.Code {
  package static let hdf5Signature = Self("files.hdf5.signature")
  package static let hdf5Truncated = Self("files.hdf5.truncated")
  package static let hdf5Damaged = Self("files.hdf5.damaged")
  package static let hdf5NotFound = Self("files.hdf5.notFound")
  package static let hdf5ObjectKind = Self("files.hdf5.objectKind")
  package static let hdf5SoftLink = Self("files.hdf5.softLink")
  package static let hdf5ExternalLink = Self("files.hdf5.externalLink")
  package static let hdf5UserLink = Self("files.hdf5.userLink")
  package static let hdf5Cycle = Self("files.hdf5.cycle")
  package static let hdf5ExternalStorage = Self("files.hdf5.externalStorage")
  package static let hdf5VirtualDataset = Self("files.hdf5.virtualDataset")
  package static let hdf5ShapeBomb = Self("files.hdf5.shapeBomb")
  package static let hdf5TooLarge = Self("files.hdf5.tooLarge")
  package static let hdf5Filter = Self("files.hdf5.filter")
  package static let hdf5Type = Self("files.hdf5.type")
  package static let hdf5Text = Self("files.hdf5.text")
  package static let hdf5WriteFailed = Self("files.hdf5.writeFailed")
}
