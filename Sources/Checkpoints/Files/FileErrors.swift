public import Tensors

extension VLMError.Code {
  public static let fileNotFound = Self("checkpoints.file.notFound")
  public static let fileUnreadable = Self("checkpoints.file.unreadable")
  public static let fileNotRegular = Self("checkpoints.file.notRegular")
  public static let fileEmpty = Self("checkpoints.file.empty")
  public static let fileReadFailed = Self("checkpoints.file.readFailed")
  public static let fileChanged = Self("checkpoints.file.changed")
  public static let fileTooLarge = Self("checkpoints.file.tooLarge")
  public static let fileIsGitLFSPointer = Self("checkpoints.file.gitLFSPointer")
  public static let fileIsWebPage = Self("checkpoints.file.webPage")
  public static let fileIsPickle = Self("checkpoints.file.pickle")
  public static let fileIsGGUF = Self("checkpoints.file.gguf")
  public static let fileIsKerasArchive = Self("checkpoints.file.kerasArchive")
  public static let fileIsHDF5 = Self("checkpoints.file.hdf5")
  public static let fileIsForeign = Self("checkpoints.file.foreign")
  public static let directoryHasNoCheckpoint = Self("checkpoints.directory.noCheckpoint")
  public static let directoryIsAmbiguous = Self("checkpoints.directory.ambiguous")
}
