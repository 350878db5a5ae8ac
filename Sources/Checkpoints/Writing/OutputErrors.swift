public import Tensors

extension VLMError.Code {
  public static let outputExists = Self("checkpoints.output.exists")
  public static let outputIsInput = Self("checkpoints.output.isInput")
  public static let outputNotOurs = Self("checkpoints.output.notOurs")
  public static let outputParentMissing = Self("checkpoints.output.parentMissing")
  public static let outputNotADirectory = Self("checkpoints.output.notADirectory")
  public static let outputBusy = Self("checkpoints.output.busy")
  public static let outputCreateFailed = Self("checkpoints.output.createFailed")
  public static let outputWriteFailed = Self("checkpoints.output.writeFailed")
  public static let outputNoSpace = Self("checkpoints.output.noSpace")
  public static let planDuplicateName = Self("checkpoints.plan.duplicateName")
  public static let planReservedName = Self("checkpoints.plan.reservedName")
  public static let planHeaderTooLarge = Self("checkpoints.plan.headerTooLarge")
  public static let planProducerFailed = Self("checkpoints.plan.producerFailed")
}
