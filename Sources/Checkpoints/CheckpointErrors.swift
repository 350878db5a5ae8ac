package import Tensors

extension VLMError.Code {
  package static let directoryHasNoCheckpoint = Self("checkpoints.directory.noCheckpoint")
  package static let directoryIsAmbiguous = Self("checkpoints.directory.ambiguous")

  /// An adapter that lacks something, or has it in another shape.
  package static let adapterMalformed = Self("checkpoints.adapter.malformed")
  /// An adapter that changes a model otherwise than can be done here.
  package static let adapterUnsupported = Self("checkpoints.adapter.unsupported")
  /// An adapter of another model.
  package static let adapterForeign = Self("checkpoints.adapter.foreign")

  /// Weights in few bits whose settings and tensors do not go together, or that come out as no numbers.
  package static let quantizedMalformed = Self("checkpoints.quantized.malformed")
  /// Weights that are kept in a way that is not known here.
  package static let quantizedUnsupported = Self("checkpoints.quantized.unsupported")

  package static let hdf5NoWeights = Self("checkpoints.hdf5.noWeights")
  package static let hdf5WeightNames = Self("checkpoints.hdf5.weightNames")

  package static let planDuplicateName = Self("checkpoints.plan.duplicateName")
  package static let planReservedName = Self("checkpoints.plan.reservedName")
  package static let planHeaderTooLarge = Self("checkpoints.plan.headerTooLarge")
  package static let planProducerFailed = Self("checkpoints.plan.producerFailed")
}
