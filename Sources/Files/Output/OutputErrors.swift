public import Tensors

extension VLMError.Code {
  public static let outputExists = Self("files.output.exists")
  public static let outputIsInput = Self("files.output.isInput")
  public static let outputNotOurs = Self("files.output.notOurs")
  public static let outputParentMissing = Self("files.output.parentMissing")
  public static let outputNotADirectory = Self("files.output.notADirectory")
  public static let outputBusy = Self("files.output.busy")
  public static let outputCreateFailed = Self("files.output.createFailed")
  public static let outputWriteFailed = Self("files.output.writeFailed")
  public static let outputNoSpace = Self("files.output.noSpace")
}
