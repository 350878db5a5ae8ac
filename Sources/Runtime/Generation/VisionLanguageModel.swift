package import Images
package import Mapping
package import Tensors
internal import Tokenizers

/// A whole model: pictures and a question in, text out.
///
///     let model = try VisionLanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let answer = try model.generate("Where is the gripper?", images: [picture]) { print($0, terminator: "") }
package final class VisionLanguageModel: Sendable {
  package let checkpoint: MappedCheckpoint
  package let language: LanguageModel
  private let vision: VisionModel?
  private let writer: PromptWriter
  /// What is odd about the tokenizer; the checkpoint has notices of its own.
  package var tokenizerNotices: [Notice] { writer.tokenizer.notices }

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
    @OfThisRun package var promptSeconds: Double
    @OfThisRun package var tokensPerSecond: Double?
  }

  /// Loads a checkpoint with its tokenizer and image processor.
  ///
  /// Throws when the model has no decoder or the folder no tokenizer.
  package init(
    _ checkpoint: MappedCheckpoint, precision: Precision = .stored, progress: ProgressHandler? = nil
  ) throws {
    self.checkpoint = checkpoint
    language = try LanguageModel(checkpoint, precision: precision, progress: progress)
    vision =
      checkpoint.configuration.vision == nil ? nil : try VisionModel(checkpoint, precision: precision)
    writer = try PromptWriter(checkpoint)
  }

  /// Writes text after a question about pictures, giving out each piece as it is certain.
  ///
  /// - Throws: when pictures and prompt do not fit each other or the model, `runtime.prompt.length` for more tokens than the
  ///   model was made for.
  package func generate(
    _ question: String, images: [RGBImage], options: Options = Options(), write: (String) throws -> Void
  ) throws -> Summary {
    let clock = ContinuousClock()
    let start = clock.now
    let (features, tokens) = try features(images)
    let prompt = try writer.prompt(question, images: tokens, system: options.system, isRaw: options.isRaw)
    try writer.check(prompt, vocabulary: language.language.vocabularySize)
    if let longest = language.language.maxPositions, prompt.tokens.count > longest {
      throw VLMError(
        .promptLength,
        "the prompt has \(prompt.tokens.count) tokens, the model takes \(longest) (max_position_embeddings)",
        file: checkpoint.path, remedy: "shorten it")
    }
    let input = try LanguageInput(
      prompt.tokens, images: features, imageRows: prompt.imageRows,
      prefix: language.language.bidirectionalPrefix == true ? prompt.tokens.count : 0, for: language.language)
    var generation = try TokenGeneration(
      language, prompt: input, stops: Set(writer.tokenizer.specialTokens.stopIDs), limit: options.limit,
      sampling: options.sampling)
    let afterPrompt = clock.now
    var stream = StreamingDecoder(writer.tokenizer)
    var (ids, written): ([Int], String) = ([], "")
    func give(_ piece: String) throws {
      written += piece
      if !piece.isEmpty { try write(piece) }
    }
    while let token = try generation.next() {
      ids.append(token)
      try give(try stream.append(token))
    }
    try give(try stream.finish())
    let seconds = (clock.now - afterPrompt) / .seconds(1)
    return Summary(
      text: written, tokens: ids, promptTokens: prompt.tokens.count, imageTokens: prompt.imageRows.count,
      ended: ids.count < options.limit, promptSeconds: (afterPrompt - start) / .seconds(1),
      tokensPerSecond: ids.count > 1 ? Double(ids.count) / seconds : nil)
  }

  private func features(_ images: [RGBImage]) throws -> ([ImageFeatures], [ImageTokens]) {
    guard !images.isEmpty else { return ([], []) }
    guard let vision else {
      throw VLMError(.noVisionEncoder, "the model takes no pictures", file: checkpoint.path)
    }
    let prepared = try images.map { try vision.prepare($0) }
    let features = vision.features(try vision.run(prepared, taps: Set(vision.featureStages)))
    return (features, zip(prepared, features).map { ImageTokens($0, count: $1.tokenCount) })
  }
}
