package import Images
package import Mapping
package import Tensors
internal import Tokenizers

/// A whole model: pictures and a question in, text out.
///
///     let model = try VisionLanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let answer = try model.generate("Where is the gripper?", images: [picture]) { print($0, terminator: "") }
package final class VisionLanguageModel: Sendable {
  /// A part of the model that can be left out of memory.
  package enum Side: Sendable, CaseIterable {
    case vision, language
    /// Tokenizer and chat template.
    case prompts
  }

  package let checkpoint: MappedCheckpoint
  private let vision: VisionModel?
  private let language: LanguageModel?
  private let writer: PromptWriter?
  /// What is odd about the tokenizer; the checkpoint has notices of its own.
  package var tokenizerNotices: [Notice] { writer?.tokenizer.notices ?? [] }

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

  /// Loads some sides of a checkpoint, by default all that it has.
  ///
  /// Throws when the model has no decoder or the folder no tokenizer, where these are asked for.
  package init(
    _ checkpoint: MappedCheckpoint, precision: Precision = .stored, sides: Set<Side> = Set(Side.allCases),
    progress: ProgressHandler? = nil
  ) throws {
    self.checkpoint = checkpoint
    language =
      sides.contains(.language) ? try LanguageModel(checkpoint, precision: precision, progress: progress) : nil
    // A language model may have no pictures to look at; who asks for the vision side alone is told.
    let looks = sides.contains(.vision) && (checkpoint.configuration.vision != nil || language == nil)
    vision = looks ? try VisionModel(checkpoint, precision: precision) : nil
    writer = sides.contains(.prompts) ? try PromptWriter(checkpoint) : nil
  }

  /// The vision side of a model whose configuration and image processor are `checkpoint`'s.
  package init(_ vision: VisionModel, of checkpoint: MappedCheckpoint) {
    self.checkpoint = checkpoint
    self.vision = vision
    language = nil
    writer = nil
  }

  /// The stages of the sides that are loaded, in the order of the forward pass.
  package var stages: [Stage] { (vision?.stages ?? []) + (language?.stages ?? []) }

  /// Those on the way from pixels to what the language model receives.
  package var path: [Stage] { vision?.path ?? [] }

  /// Runs `samples` to the last of `stages`: all pictures in one packed pass, then each sample's sequence where a stage of
  /// the language model is asked for.
  ///
  /// Activations are in the order of the samples, those of pictures in the order of all their pictures. Throws when a stage
  /// is not in `stages`, or pictures and instruction do not fit each other or the model.
  package func run(_ samples: [Sample], at stages: Set<Stage>) throws -> Activations {
    let known = Set(self.stages)
    if let unknown = stages.subtracting(known).map(\.name).sorted().first {
      throw VLMError(.stageUnknown, "the model has no stage \(unknown)", file: checkpoint.path)
    }
    let spoken = stages.filter { $0.part == .language }
    let images = try samples.map(prepare)
    var activations = Activations()
    if let vision {
      let needed = spoken.isEmpty ? stages : stages.subtracting(spoken).union(vision.featureStages)
      activations = try vision.run(images.flatMap(\.self), taps: needed)
    }
    guard !spoken.isEmpty else { return activations }
    var remaining = features(activations)[...]
    activations = activations.only(stages)
    for (sample, images) in zip(samples, images) {
      let own = Array(remaining.prefix(images.count))
      remaining = remaining.dropFirst(images.count)
      activations.add(try spokenModel().run(input(sample, images, own), taps: spoken))
    }
    return activations
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
    var sample = Sample(images: images, instruction: question)
    (sample.system, sample.isRaw) = (options.system, options.isRaw)
    let (language, writer) = (try spokenModel(), try promptWriter())
    let prompt = try input(sample)
    var generation = try TokenGeneration(
      language, prompt: prompt, stops: Set(writer.tokenizer.specialTokens.stopIDs), limit: options.limit,
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

  private func prepare(_ sample: Sample) throws -> [PreparedImage] {
    guard !sample.images.isEmpty else { return [] }
    guard let vision else {
      throw VLMError(.noVisionEncoder, "the model takes no pictures", file: checkpoint.path)
    }
    return try sample.images.map(vision.prepare)
  }

  /// What the vision side makes of a run's pictures for the language model.
  private func features(_ activations: Activations) -> [ImageFeatures] {
    activations.stages.isEmpty ? [] : vision?.features(activations) ?? []
  }

  /// A sample as the language model takes it in.
  private func input(_ sample: Sample) throws -> LanguageInput {
    let images = try prepare(sample)
    let seen = images.isEmpty ? nil : try vision?.run(images, taps: Set(vision!.featureStages))
    return try input(sample, images, seen.map(features) ?? [])
  }

  private func input(
    _ sample: Sample, _ images: [PreparedImage], _ features: [ImageFeatures]
  ) throws -> LanguageInput {
    let (writer, language) = (try promptWriter(), try spokenModel().language)
    guard let instruction = sample.instruction else {
      throw VLMError(
        .inputTokens, "a sample without an instruction has no sequence to run", file: checkpoint.path)
    }
    let prompt = try writer.prompt(
      instruction, images: zip(images, features).map { ImageTokens($0, count: $1.tokenCount) },
      system: sample.system, isRaw: sample.isRaw)
    try writer.check(prompt, vocabulary: language.vocabularySize)
    if let longest = language.maxPositions, prompt.tokens.count > longest {
      throw VLMError(
        .promptLength,
        "the prompt has \(prompt.tokens.count) tokens, the model takes \(longest) (max_position_embeddings)",
        file: checkpoint.path, remedy: "shorten it")
    }
    return try LanguageInput(
      prompt.tokens, images: features, imageRows: prompt.imageRows,
      prefix: language.bidirectionalPrefix == true ? prompt.tokens.count : 0, for: language)
  }

  private func spokenModel() throws -> LanguageModel {
    guard let language else {
      throw VLMError(.noLanguageModel, "the language model is not loaded", file: checkpoint.path)
    }
    return language
  }

  private func promptWriter() throws -> PromptWriter {
    guard let writer else {
      throw VLMError(.promptTemplate, "the tokenizer is not loaded", file: checkpoint.path)
    }
    return writer
  }
}
