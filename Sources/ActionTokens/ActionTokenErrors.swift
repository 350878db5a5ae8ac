package import Tensors

extension VLMError.Code {
  /// A degree that is NaN or infinite.
  package static let actionNotFinite = Self("actionTokens.action.notFinite")
  /// A line that describes no action, or one that contradicts itself.
  package static let actionMalformed = Self("actionTokens.action.malformed")
  /// An index beyond the buttons or cameras that there are.
  package static let actionIndex = Self("actionTokens.action.index")
  /// A list of ids in which something is no id.
  package static let answerTokens = Self("actionTokens.answer.tokens")
}
