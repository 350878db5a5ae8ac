package import Files
package import Foundation
package import Tensors
internal import Tokenizers

/// A model's chat template: turns a conversation into the prompt that the model was trained on, as
/// `apply_chat_template` of transformers does.
///
///     if let template = try ChatTemplate(ModelFolder(path)) {
///       let prompt = try template.render(
///         [ChatMessage(role: "user", content: [.image, .text("What is this?")])],
///         addGenerationPrompt: true, tokens: tokenizer.specialTokens.named)
///     }
///
/// The template is Jinja with trimmed blocks; image placeholders stand in the prompt once for each image and are
/// multiplied afterwards. A template is a program from a file: its steps, its output and its recursion are bounded.
package struct ChatTemplate: Sendable {
  /// The file it was read from.
  package let file: String
  private let nodes: [JinjaNode]

  /// Parses a template's text.
  ///
  /// - Throws: `templates.file.syntax` with the line, also for filters, tests and blocks that are not known.
  package init(source: String, file: String) throws(VLMError) {
    self.file = file
    nodes = try JinjaParser.parse(source, file: file)
  }

  /// The template of a model's folder, `nil` when it has none (PaliGemma, Kosmos-2).
  ///
  /// Looked for, in transformers' order, in `chat_template.jinja`, `chat_template.json`, `processor_config.json` and
  /// `tokenizer_config.json`; of several named ones `default` is taken.
  ///
  /// - Throws: `templates.file.field` when a file has the field but no text in it, and what `init(source:file:)` throws.
  package init?(_ folder: ModelFolder) throws(VLMError) {
    if let file = folder.source(of: Self.plain) {
      guard let data = try? folder.contents(of: Self.plain, byteLimit: JinjaLexer.maximumSource),
        data.count <= JinjaLexer.maximumSource, let text = String(validating: data, as: UTF8.self)
      else {
        throw VLMError(
          .templateField, "is no UTF-8 text of at most \(JinjaLexer.maximumSource) bytes", file: file)
      }
      try self.init(source: text, file: file)
      return
    }
    for name in ["chat_template.json", "processor_config.json", "tokenizer_config.json"] {
      if let file = try JSONNode(name, in: folder), let text = try Self.field(of: file) {
        try self.init(source: text, file: file.file)
        return
      }
    }
    return nil
  }

  private static let plain = "chat_template.jinja"

  /// `chat_template`: a text, a dictionary or a list of named texts.
  private static func field(of file: JSONNode) throws(VLMError) -> String? {
    guard let field = file["chat_template"] else { return nil }
    if let text = field.stringValue { return text }
    if let text = field["default"]?.stringValue { return text }
    for entry in field.elements ?? [] where entry["name"]?.stringValue == "default" {
      return try entry.required("template").string()
    }
    throw field.failure("should be a text, or texts of which one is named default", code: .templateField)
  }

  /// The prompt of a conversation.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: whether to end with the beginning of the assistant's turn.
  ///   - tokens: texts of special tokens by name (`bos_token`), as `SpecialTokens.named` has them.
  ///   - options: switches that the template knows (`enable_thinking`, `add_vision_id`).
  ///   - now: the time that `strftime_now` writes, in local time.
  /// - Throws: `templates.run.raised` when the template refuses the conversation, `templates.run.value` when it does with
  ///   values what cannot be done, `templates.run.limit` when it does not come to an end; each with the line.
  package func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool, tokens: [String: String] = [:],
    options: [String: Bool] = [:], now: Date = Date()
  ) throws(VLMError) -> String {
    var variables: [String: JinjaValue] = tokens.mapValues { .string($0) }
    for (name, value) in options { variables[name] = .bool(value) }
    variables["messages"] = .list(messages.map(\.value))
    variables["tools"] = JinjaValue.none
    variables["documents"] = JinjaValue.none
    variables["add_generation_prompt"] = .bool(addGenerationPrompt)
    return try render(variables: variables, now: now.timeIntervalSince1970)
  }

  func render(variables: [String: JinjaValue], now: Double = 0) throws(VLMError) -> String {
    try JinjaRenderer(file: file, variables: variables, now: now).render(nodes)
  }
}
