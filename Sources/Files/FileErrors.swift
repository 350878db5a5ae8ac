public import Tensors

extension VLMError.Code {
  public static let fileNotFound = Self("files.file.notFound")
  public static let fileUnreadable = Self("files.file.unreadable")
  public static let fileNotRegular = Self("files.file.notRegular")
  public static let fileEmpty = Self("files.file.empty")
  public static let fileReadFailed = Self("files.file.readFailed")
  public static let fileChanged = Self("files.file.changed")
  public static let fileTooLarge = Self("files.file.tooLarge")
  public static let fileIsGitLFSPointer = Self("files.file.gitLFSPointer")
  public static let fileIsWebPage = Self("files.file.webPage")
  public static let fileIsPickle = Self("files.file.pickle")
  public static let fileIsGGUF = Self("files.file.gguf")
  public static let fileIsKerasArchive = Self("files.file.kerasArchive")
  public static let fileIsHDF5 = Self("files.file.hdf5")
  public static let fileIsForeign = Self("files.file.foreign")
}
