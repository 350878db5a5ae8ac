public import Tensors

extension VLMError.Code {
  public static let ggufVersion = Self("checkpoints.gguf.version")
  public static let ggufTruncated = Self("checkpoints.gguf.truncated")
  public static let ggufCount = Self("checkpoints.gguf.count")
  public static let ggufText = Self("checkpoints.gguf.text")
  public static let ggufKey = Self("checkpoints.gguf.key")
  public static let ggufDuplicateKey = Self("checkpoints.gguf.duplicateKey")
  public static let ggufValueType = Self("checkpoints.gguf.valueType")
  public static let ggufNesting = Self("checkpoints.gguf.nesting")
  public static let ggufAlignment = Self("checkpoints.gguf.alignment")
  public static let ggufDuplicateName = Self("checkpoints.gguf.duplicateName")
  public static let ggufRank = Self("checkpoints.gguf.rank")
  public static let ggufShapeOverflow = Self("checkpoints.gguf.shapeOverflow")
  public static let ggufTensorType = Self("checkpoints.gguf.tensorType")
  public static let ggufPartialBlock = Self("checkpoints.gguf.partialBlock")
  public static let ggufOffset = Self("checkpoints.gguf.offset")
  public static let ggufOverlap = Self("checkpoints.gguf.overlap")
  public static let ggufGap = Self("checkpoints.gguf.gap")
  public static let ggufDataTruncated = Self("checkpoints.gguf.dataTruncated")
}
