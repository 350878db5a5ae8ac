package import Tensors

extension VLMError {
  /// Whether it is about what a model was asked: the order of the turns, the pictures, how long all of it is. Another question may well
  /// be answered; other errors are the model's.
  package var isOfQuestion: Bool {
    let kinds = ["runtime.prompt.", "runtime.input.", "templates.run.", "tokenizers.text.", "tokenizers.regex.", "images."]
    return code == .noVisionEncoder || kinds.contains { code.rawValue.hasPrefix($0) }
  }
}
