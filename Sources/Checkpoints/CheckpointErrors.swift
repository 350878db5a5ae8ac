package import Tensors

extension VLMError.Code {
  package static let directoryHasNoCheckpoint = Self("checkpoints.directory.noCheckpoint")
  package static let directoryIsAmbiguous = Self("checkpoints.directory.ambiguous")

  package static let hdf5NoWeights = Self("checkpoints.hdf5.noWeights")
  package static let hdf5WeightNames = Self("checkpoints.hdf5.weightNames")

  package static let planDuplicateName = Self("checkpoints.plan.duplicateName")
  package static let planReservedName = Self("checkpoints.plan.reservedName")
  package static let planHeaderTooLarge = Self("checkpoints.plan.headerTooLarge")
  package static let planProducerFailed = Self("checkpoints.plan.producerFailed")
}
