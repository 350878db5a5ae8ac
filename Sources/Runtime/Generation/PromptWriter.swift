internal import ChatTemplates
package import Mapping
internal import Tensors
internal import Tokenizers

/// Turns a question about pictures into the tokens that a model was trained on: its chat template, its markers around
/// images, its tokenizer.
package struct PromptWriter: Sendable {
  let tokenizer: Tokenizer
  private let template: ChatTemplate?
  private let configuration: ModelConfiguration
  private let directory: String

  /// Reads the tokenizer and chat template of a checkpoint.
  ///
  /// Throws when there is no tokenizer, or one of the two is malformed.
  package init(_ checkpoint: MappedCheckpoint) throws {
    configuration = checkpoint.configuration
    directory = checkpoint.directory
    tokenizer = try Tokenizer(checkpoint.folder)
    let settings = configuration.prompt
    let own = try settings?.template.map { try ChatTemplate(source: $0, file: "the family's own template") }
    template =
      if settings?.replacesTemplate == true, let own { own } else {
        try ChatTemplate(checkpoint.folder) ?? own
      }
  }

  /// Whether questions can be asked; else only whole prompts.
  var hasTemplate: Bool { template != nil }

  /// The tokens of a whole prompt, image tokens and all.
  ///
  /// - Throws: `runtime.prompt.images` when text and images do not go together.
  package func prompt(raw text: String, images: [ImageFeatures]) throws -> Prompt {
    try Prompt(text, images: images, tokenizer, configuration)
  }

  /// The tokens of a conversation that the assistant is to go on with.
  ///
  /// - Parameter images: of all turns, in their order.
  /// - Throws: `runtime.prompt.images` when text and images do not go together, `runtime.prompt.template` when there is no
  ///   template, and what the template throws.
  package func prompt(_ conversation: [Turn], images: [ImageFeatures]) throws -> Prompt {
    try prompt(raw: rendered(conversation.map(\.message)), images: images)
  }

  /// The tokens of a question after its images.
  ///
  /// - Parameter system: what the system says first, where the template has a place for it.
  package func prompt(_ question: String, images: [ImageFeatures], system: String? = nil) throws -> Prompt {
    try prompt(raw: rendered(question, images: images.count, system: system), images: images)
  }

  /// Refuses a token that the model has no embedding for, by its name: `runtime.input.tokens`.
  func check(_ prompt: Prompt, vocabulary limit: Int) throws {
    // Image features take the places of their tokens, whatever these are.
    let imageRows = Set(prompt.imageRows)
    for (row, id) in prompt.tokens.enumerated() where !imageRows.contains(row) && !(0..<limit).contains(id) {
      throw VLMError(
        .inputTokens,
        "\(tokenizer.token(of: id).map { "token \"\($0)\"" } ?? "a token") has the id \(id), the model's vocabulary \(limit)",
        file: tokenizer.file, remedy: "the tokenizer is not this model's")
    }
  }

  func rendered(_ question: String, images: Int, system: String? = nil) throws -> String {
    let parts = (0..<images).map { _ in ChatMessage.Part.image } + [.text(question)]
    return try rendered(
      (system.map { [Turn("system", $0).message] } ?? []) + [ChatMessage(role: "user", content: parts)])
  }

  private func rendered(_ messages: [ChatMessage]) throws -> String {
    guard let template else {
      throw VLMError(
        .promptTemplate, "the checkpoint has no chat template and its family none that is known",
        file: directory,
        remedy: "write the whole prompt yourself and give --raw")
    }
    return try template.render(messages, addGenerationPrompt: true, tokens: tokenizer.specialTokens.named)
  }
}
