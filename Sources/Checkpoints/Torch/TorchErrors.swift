package import Tensors

extension VLMError.Code {
  package static let torchArchive = Self("checkpoints.torch.archive")
  package static let torchScript = Self("checkpoints.torch.script")
  package static let torchLegacy = Self("checkpoints.torch.legacy")
  package static let torchByteOrder = Self("checkpoints.torch.byteOrder")
  package static let torchStateDict = Self("checkpoints.torch.stateDict")
  package static let torchAmbiguous = Self("checkpoints.torch.ambiguous")
  package static let torchDuplicateName = Self("checkpoints.torch.duplicateName")
  package static let torchStorage = Self("checkpoints.torch.storage")
  package static let torchDType = Self("checkpoints.torch.dtype")
  package static let torchShape = Self("checkpoints.torch.shape")
  package static let torchOutside = Self("checkpoints.torch.outside")
  package static let torchOverlap = Self("checkpoints.torch.overlap")
  package static let torchLazy = Self("checkpoints.torch.lazy")
}
