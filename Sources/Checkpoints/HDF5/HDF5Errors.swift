public import Tensors

extension VLMError.Code {
  public static let hdf5Signature = Self("checkpoints.hdf5.signature")
  public static let hdf5Truncated = Self("checkpoints.hdf5.truncated")
  public static let hdf5Damaged = Self("checkpoints.hdf5.damaged")
  public static let hdf5NotFound = Self("checkpoints.hdf5.notFound")
  public static let hdf5ObjectKind = Self("checkpoints.hdf5.objectKind")
  public static let hdf5SoftLink = Self("checkpoints.hdf5.softLink")
  public static let hdf5ExternalLink = Self("checkpoints.hdf5.externalLink")
  public static let hdf5UserLink = Self("checkpoints.hdf5.userLink")
  public static let hdf5Cycle = Self("checkpoints.hdf5.cycle")
  public static let hdf5ExternalStorage = Self("checkpoints.hdf5.externalStorage")
  public static let hdf5VirtualDataset = Self("checkpoints.hdf5.virtualDataset")
  public static let hdf5ShapeBomb = Self("checkpoints.hdf5.shapeBomb")
  public static let hdf5TooLarge = Self("checkpoints.hdf5.tooLarge")
  public static let hdf5Filter = Self("checkpoints.hdf5.filter")
  public static let hdf5Type = Self("checkpoints.hdf5.type")
  public static let hdf5Text = Self("checkpoints.hdf5.text")
  public static let hdf5NoWeights = Self("checkpoints.hdf5.noWeights")
  public static let hdf5WeightNames = Self("checkpoints.hdf5.weightNames")
  public static let hdf5WriteFailed = Self("checkpoints.hdf5.writeFailed")
}
