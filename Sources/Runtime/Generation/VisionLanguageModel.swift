internal import ChatTemplates
package import Images
package import Mapping
internal import Tensors
internal import Tokenizers

/// A whole model: pictures and a question in, text out.
///
///     let model = try VisionLanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let answer = try model.generate("Where is the gripper?", images: [picture]) { print($0, terminator: "") }
package final class VisionLanguageModel: Sendable {
  package let checkpoint: MappedCheckpoint
  package let language: LanguageModel
  private let vision: VisionModel?
  private let tokenizer: Tokenizer
  private let template: ChatTemplate?

  /// What to write and how.
  package struct Options: Sendable {
    /// Tokens at most.
    package var limit = 256
    package var sampling = Sampler.Settings.greedy
    /// What the system says first, where the family's template has a place for it.
    package var system: String?
    /// The prompt is taken as it is, image tokens and all, instead of going through the chat template.
    package var isRaw = false

    package init() {}
  }

  /// What a generation came to.
  package struct Summary: Encodable, Sendable {
    package let text: String
    package let tokens: [Int]
    package let promptTokens: Int
    package let imageTokens: Int
    /// Whether the model ended the text itself, and not the limit.
    package let ended: Bool
    package let promptSeconds: Double
    package let tokensPerSecond: Double?
  }

  /// Loads a checkpoint with its tokenizer and image processor.
  ///
  /// Throws when the model has no decoder or the folder no tokenizer.
  package init(_ checkpoint: MappedCheckpoint, precision: Precision = .stored) throws {
    self.checkpoint = checkpoint
    language = try LanguageModel(checkpoint, precision: precision)
    vision =
      checkpoint.configuration.vision == nil ? nil : try VisionModel(checkpoint, precision: precision)
    tokenizer = try Tokenizer(directory: checkpoint.directory)
    template =
      try ChatTemplate(directory: checkpoint.directory)
      ?? checkpoint.configuration.prompt?.template.map {
        try ChatTemplate(source: $0, file: "the family's own template")
      }
  }

  /// Writes text after a question about pictures, giving out each piece as it is certain.
  ///
  /// - Throws: when pictures and prompt do not fit each other or the model.
  package func generate(
    _ question: String, images: [RGBImage], options: Options = Options(), write: (String) throws -> Void
  ) throws -> Summary {
    let clock = ContinuousClock()
    let start = clock.now
    let features = try self.features(images)
    let text = try rendered(question, images: images.count, options)
    let prompt = try Prompt(
      text, imageTokens: features.map(\.tokenCount), tokenizer, checkpoint.configuration)
    let input = try LanguageInput(
      prompt.tokens, images: features, imageRows: prompt.imageRows,
      prefix: language.language.bidirectionalPrefix == true ? prompt.tokens.count : 0, for: language.language)
    var generation = try TokenGeneration(
      language, prompt: input, stops: Set(tokenizer.specialTokens.stopIDs), limit: options.limit,
      sampling: options.sampling)
    let afterPrompt = clock.now
    var stream = StreamingDecoder(tokenizer)
    var (tokens, written): ([Int], String) = ([], "")
    func give(_ piece: String) throws {
      written += piece
      if !piece.isEmpty { try write(piece) }
    }
    while let token = generation.next() {
      tokens.append(token)
      try give(try stream.append(token))
    }
    try give(try stream.finish())
    let seconds = (clock.now - afterPrompt) / .seconds(1)
    return Summary(
      text: written, tokens: tokens, promptTokens: prompt.tokens.count, imageTokens: prompt.imageRows.count,
      ended: tokens.count < options.limit, promptSeconds: (afterPrompt - start) / .seconds(1),
      tokensPerSecond: tokens.count > 1 ? Double(tokens.count) / seconds : nil)
  }

  private func features(_ images: [RGBImage]) throws -> [ImageFeatures] {
    guard !images.isEmpty else { return [] }
    guard let vision else {
      throw VLMError(.noVisionEncoder, "the model takes no pictures", file: checkpoint.path)
    }
    // Their processors write a marker for every row and column of tiles; without them the answer would be another.
    guard checkpoint.configuration.projector?.kind != .pixelShuffleIdefics else {
      throw VLMError(
        .promptImages, "prompts with the tile markers of Idefics3 and SmolVLM cannot be written yet",
        file: checkpoint.path, remedy: "ask without pictures, or verify recorded token ids")
    }
    let prepared = try images.map { try vision.prepare($0) }
    return vision.features(try vision.run(prepared, taps: Set(vision.featureStages)))
  }

  private func rendered(_ question: String, images: Int, _ options: Options) throws -> String {
    guard !options.isRaw else { return question }
    guard let template else {
      throw VLMError(
        .promptTemplate, "the checkpoint has no chat template and its family none that is known",
        file: checkpoint.directory, remedy: "write the whole prompt yourself and give --raw")
    }
    let parts = (0..<images).map { _ in ChatMessage.Part.image } + [.text(question)]
    let system = options.system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    return try template.render(
      system + [ChatMessage(role: "user", content: parts)], addGenerationPrompt: true,
      tokens: tokenizer.specialTokens.named)
  }
}
