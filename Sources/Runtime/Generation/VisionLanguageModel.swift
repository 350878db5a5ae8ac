public import Images
public import Mapping
public import Tensors
internal import Tokenizers

/// A whole model: pictures and a question in, text out.
///
///     let model = try VisionLanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let answer = try model.generate("Where is the gripper?", images: [picture]) { print($0, terminator: "") }
///     let sample = Sample(images: [picture], instruction: "Where is the gripper?")
///     try model.run([sample], at: [.projector])[.projector][0].values        // [tokens, width], f32
///
/// Safe to use from several threads at once; each call uses all of `Parallel.threads`.
public final class VisionLanguageModel: Sendable {
  /// A part of the model that can be left out of memory.
  public enum Side: Sendable, CaseIterable {
    /// Encoders and projector.
    case vision
    /// Decoder and head.
    case language
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
  public struct Options: Sendable {
    /// Tokens at most.
    public var limit = 256
    /// How tokens are chosen: by default the likeliest.
    public var sampling = Sampler.Settings.greedy
    /// What the system says first, where the family's template has a place for it.
    public var system: String?
    /// The prompt is taken as it is, image tokens and all, instead of going through the chat template.
    public var isRaw = false
    /// The text has the special tokens in it that the model wrote, but for the one that ends it.
    public var keepsSpecialTokens = false
    /// A text that reaches the end of the model's context ends there, as at `limit`; without it the model goes on as far as it can.
    package var staysInContext = false
    /// What was seen in pictures is looked for here first, and kept here.
    package var seen: SeenPictures?

    /// 256 tokens at most, the likeliest each.
    public init() {}
  }

  /// What a generation came to.
  public struct Summary: Encodable, Sendable {
    /// What was written.
    public let text: String
    /// Ids of the tokens written.
    public let tokens: [Int]
    /// Tokens of the whole prompt.
    public let promptTokens: Int
    /// Those of them that are pictures'.
    public let imageTokens: Int
    /// Whether the model ended the text itself, and not the limit.
    public let ended: Bool
    /// From pixels to the first logits.
    @OfThisRun package var promptSeconds: Double
    /// Of `promptSeconds`, those in which pictures were prepared and encoded.
    @OfThisRun package var visionSeconds: Double
    @OfThisRun package var tokensPerSecond: Double?
  }

  /// Loads some sides of a checkpoint, by default all that it has.
  ///
  /// - Parameters:
  ///   - precision: of linear layers; all else is f32.
  ///   - sides: what is loaded: encoders alone take a fraction of the memory.
  /// - Throws: when a weight is malformed, the model has no decoder or the folder no tokenizer, where these are asked for.
  public convenience init(
    _ checkpoint: MappedCheckpoint, precision: Precision = .stored, sides: Set<Side> = Set(Side.allCases),
    progress: ProgressHandler? = nil
  ) throws {
    try self.init(parameters: checkpoint, of: checkpoint, precision: precision, sides: sides, progress: progress)
  }

  /// The same with parameters from `source`; all else is `checkpoint`'s.
  package init(
    parameters source: some ParameterSource, of checkpoint: MappedCheckpoint, precision: Precision = .stored,
    sides: Set<Side> = Set(Side.allCases), progress: ProgressHandler? = nil
  ) throws {
    self.checkpoint = checkpoint
    language =
      sides.contains(.language)
      ? try LanguageModel(parameters: source, of: checkpoint, precision: precision, progress: progress) : nil
    // A language model may have no pictures to look at; who asks for the vision side alone is told.
    let looks = sides.contains(.vision) && (checkpoint.configuration.vision != nil || language == nil)
    vision =
      looks
      ? try VisionModel(
        parameters: source, configuration: checkpoint.configuration, of: checkpoint, precision: precision) : nil
    writer = sides.contains(.prompts) ? try PromptWriter(checkpoint) : nil
  }

  /// A model like `checkpoint` that was never trained, drawn as its authors draw it.
  ///
  /// Depends on `seed` only, not on threads.
  ///
  /// - Parameter precision: `.int8` quantizes what was drawn; all else is f32.
  package static func randomlyInitialised(
    like checkpoint: MappedCheckpoint, seed: UInt64, precision: Precision, sides: Set<Side>
  ) throws -> VisionLanguageModel {
    try VisionLanguageModel(
      parameters: RandomParameters(checkpoint.configuration, seed: seed), of: checkpoint,
      precision: precision == .int8 ? .int8 : .float32, sides: sides)
  }

  /// The id of a token by its text, `nil` where the tokenizer has none such or is not loaded.
  package func id(ofToken text: String) -> Int? { writer?.tokenizer.id(of: text) }

  /// Why the language model of a checkpoint cannot be asked a question; `nil` where it can.
  package static func silence(of checkpoint: MappedCheckpoint) -> VLMError? {
    guard checkpoint.configuration.language != nil, checkpoint.configuration.contrastive == nil else {
      return VLMError(.noLanguageModel, "the model has no decoder to run", file: checkpoint.path)
    }
    do {
      guard try PromptWriter(checkpoint).hasTemplate else {
        return VLMError(
          .promptTemplate, "the checkpoint has no chat template and its family none that is known",
          file: checkpoint.path)
      }
      return nil
    } catch {
      return error as? VLMError
        ?? VLMError(.promptTemplate, "the tokenizer cannot be read", file: checkpoint.path, cause: error)
    }
  }

  /// The stages of the sides that are loaded, in the order of the forward pass.
  public var stages: [Stage] { (vision?.stages ?? []) + (language?.stages ?? []) }

  /// Tokens of prompt and text together that the model was made for, where it says so (`max_position_embeddings`).
  package var longest: Int? { language?.language.maxPositions }

  /// Those on the way from pixels to the end of what is loaded. Left out: embeddings, which are what enters under a linear
  /// map, and logits, the last norm under one.
  package var path: [Stage] {
    let seen = vision?.path ?? []
    guard let language else { return seen }
    return seen.filter { $0 != .projector } + (vision?.featureStages ?? [])
      + language.stages.filter { $0.point != .embeddings && $0.point != .output }
  }

  /// Runs `samples` to the last of `stages`: all pictures in one packed pass, then each sample's sequence where a stage of
  /// the language model is asked for.
  ///
  /// - Returns: activations in the order of the samples, those of pictures in the order of all their pictures.
  /// - Throws: when a stage is not in `stages`, pictures and instruction do not fit each other or the model, or a value is
  ///   NaN or infinite (`runtime.stage.notFinite`, naming the stage).
  public func run(_ samples: [Sample], at stages: Set<Stage>) throws -> Activations {
    let images = try samples.map(prepare)
    return try run(images.flatMap(\.self), at: stages) { features in
      var remaining = features[...]
      return try zip(samples, images).map { sample, images in
        defer { remaining = remaining.dropFirst(images.count) }
        return try prompt(sample, Array(remaining.prefix(images.count)))
      }
    }
  }

  /// The same of pictures that are prepared and of the prompts that `prompts` makes of what is seen in them; it is called
  /// where a stage of the language model is asked for.
  func run(
    _ images: [PreparedImage], at stages: Set<Stage>, prompts: ([ImageFeatures]) throws -> [Prompt]
  ) throws -> Activations {
    if let unknown = stages.subtracting(self.stages).map(\.name).sorted().first {
      throw VLMError(.stageUnknown, "the model has no stage \(unknown)", file: checkpoint.path)
    }
    let spoken = stages.filter { $0.part == .language }
    var (activations, features): (Activations, [ImageFeatures]) = (Activations(), [])
    if let vision {
      let needed = spoken.isEmpty ? [] : vision.featureStages
      let seen = try vision.run(images, taps: stages.subtracting(spoken).union(needed))
      activations = seen.only(stages)
      if !spoken.isEmpty { features = vision.features(images, seen) }
    }
    guard !spoken.isEmpty else { return activations }
    for prompt in try prompts(features) { activations.add(try spokenModel().run(prompt, taps: spoken)) }
    return activations
  }

  private func prepare(_ sample: Sample) throws -> [PreparedImage] {
    try sample.images.isEmpty ? [] : sample.images.map(sightedModel().prepare)
  }

  /// A sample as the language model takes it in, with what was seen in its pictures.
  private func prompt(_ sample: Sample, _ features: [ImageFeatures]) throws -> Prompt {
    guard let instruction = sample.instruction else {
      throw VLMError(
        .inputTokens, "a sample without an instruction has no sequence to run", file: checkpoint.path)
    }
    let writer = try promptWriter()
    return try checked(
      sample.isRaw
        ? writer.prompt(raw: instruction, images: features)
        : writer.prompt(instruction, images: features, system: sample.system))
  }

  /// Refuses a prompt with tokens that the model does not know, or with more than it takes.
  func checked(_ prompt: Prompt) throws -> Prompt {
    let language = try spokenModel().language
    try promptWriter().check(prompt, vocabulary: language.vocabularySize)
    if let longest = language.maxPositions, prompt.tokens.count > longest {
      throw VLMError(
        .promptLength,
        "the prompt has \(prompt.tokens.count) tokens, the model takes \(longest) (max_position_embeddings)",
        file: checkpoint.path, remedy: "shorten it")
    }
    return prompt
  }

  func sightedModel() throws -> VisionModel {
    guard let vision else {
      throw VLMError(.noVisionEncoder, "the model takes no pictures", file: checkpoint.path)
    }
    return vision
  }

  func spokenModel() throws -> LanguageModel {
    guard let language else {
      throw VLMError(.noLanguageModel, "the language model is not loaded", file: checkpoint.path)
    }
    return language
  }

  func promptWriter() throws -> PromptWriter {
    guard let writer else {
      throw VLMError(.promptTemplate, "the tokenizer is not loaded", file: checkpoint.path)
    }
    return writer
  }
}
