public import Tensors

extension VLMError.Code {
  public static let hdf5Signature = Self("files.hdf5.signature")
  public static let hdf5Truncated = Self("files.hdf5.truncated")
  public static let hdf5Damaged = Self("files.hdf5.damaged")
  public static let hdf5NotFound = Self("files.hdf5.notFound")
  public static let hdf5ObjectKind = Self("files.hdf5.objectKind")
  public static let hdf5SoftLink = Self("files.hdf5.softLink")
  public static let hdf5ExternalLink = Self("files.hdf5.externalLink")
  public static let hdf5UserLink = Self("files.hdf5.userLink")
  public static let hdf5Cycle = Self("files.hdf5.cycle")
  public static let hdf5ExternalStorage = Self("files.hdf5.externalStorage")
  public static let hdf5VirtualDataset = Self("files.hdf5.virtualDataset")
  public static let hdf5ShapeBomb = Self("files.hdf5.shapeBomb")
  public static let hdf5TooLarge = Self("files.hdf5.tooLarge")
  public static let hdf5Filter = Self("files.hdf5.filter")
  public static let hdf5Type = Self("files.hdf5.type")
  public static let hdf5Text = Self("files.hdf5.text")
  public static let hdf5WriteFailed = Self("files.hdf5.writeFailed")
}
