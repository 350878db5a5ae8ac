package import Tensors

extension VLMError.Code {
  package static let fileNotFound = Self("files.file.notFound")
  package static let fileUnreadable = Self("files.file.unreadable")
  package static let fileNotRegular = Self("files.file.notRegular")
  package static let fileEmpty = Self("files.file.empty")
  package static let fileReadFailed = Self("files.file.readFailed")
  package static let fileChanged = Self("files.file.changed")
  package static let fileTooLarge = Self("files.file.tooLarge")
  package static let fileIsGitLFSPointer = Self("files.file.gitLFSPointer")
  package static let fileIsWebPage = Self("files.file.webPage")
  package static let fileIsPickle = Self("files.file.pickle")
  package static let fileIsGGUF = Self("files.file.gguf")
  package static let fileIsKerasArchive = Self("files.file.kerasArchive")
  package static let fileIsHDF5 = Self("files.file.hdf5")
  package static let fileIsForeign = Self("files.file.foreign")
}
