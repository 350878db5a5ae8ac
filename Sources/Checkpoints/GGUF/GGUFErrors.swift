package import Tensors

extension VLMError.Code {
  package static let ggufVersion = Self("checkpoints.gguf.version")
  package static let ggufTruncated = Self("checkpoints.gguf.truncated")
  package static let ggufCount = Self("checkpoints.gguf.count")
  package static let ggufText = Self("checkpoints.gguf.text")
  package static let ggufKey = Self("checkpoints.gguf.key")
  package static let ggufDuplicateKey = Self("checkpoints.gguf.duplicateKey")
  package static let ggufValueType = Self("checkpoints.gguf.valueType")
  package static let ggufNesting = Self("checkpoints.gguf.nesting")
  package static let ggufAlignment = Self("checkpoints.gguf.alignment")
  package static let ggufDuplicateName = Self("checkpoints.gguf.duplicateName")
  package static let ggufRank = Self("checkpoints.gguf.rank")
  package static let ggufShapeOverflow = Self("checkpoints.gguf.shapeOverflow")
  package static let ggufTensorType = Self("checkpoints.gguf.tensorType")
  package static let ggufPartialBlock = Self("checkpoints.gguf.partialBlock")
  package static let ggufOffset = Self("checkpoints.gguf.offset")
  package static let ggufOverlap = Self("checkpoints.gguf.overlap")
  package static let ggufGap = Self("checkpoints.gguf.gap")
  package static let ggufDataTruncated = Self("checkpoints.gguf.dataTruncated")
}
