package import Tensors

extension VLMError.Code {
  package static let outputExists = Self("files.output.exists")
  package static let outputIsInput = Self("files.output.isInput")
  package static let outputNotOurs = Self("files.output.notOurs")
  package static let outputParentMissing = Self("files.output.parentMissing")
  package static let outputNotADirectory = Self("files.output.notADirectory")
  package static let outputBusy = Self("files.output.busy")
  package static let outputCreateFailed = Self("files.output.createFailed")
  package static let outputWriteFailed = Self("files.output.writeFailed")
  package static let outputNoSpace = Self("files.output.noSpace")
}
