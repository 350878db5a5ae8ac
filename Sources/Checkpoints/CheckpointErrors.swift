public import Tensors

extension VLMError.Code {
  public static let directoryHasNoCheckpoint = Self("checkpoints.directory.noCheckpoint")
  public static let directoryIsAmbiguous = Self("checkpoints.directory.ambiguous")

  public static let hdf5NoWeights = Self("checkpoints.hdf5.noWeights")
  public static let hdf5WeightNames = Self("checkpoints.hdf5.weightNames")

  public static let planDuplicateName = Self("checkpoints.plan.duplicateName")
  public static let planReservedName = Self("checkpoints.plan.reservedName")
  public static let planHeaderTooLarge = Self("checkpoints.plan.headerTooLarge")
  public static let planProducerFailed = Self("checkpoints.plan.producerFailed")
}
