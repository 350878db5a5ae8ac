internal import Foundation
package import Images
internal import Mapping
internal import Tensors

/// How a learned query is run behind a prompt: what VLM4VLA's code does, and what the VLM itself would do.
package struct QuerySettings: Sendable, Equatable, Codable {
  package enum Positions: String, Sendable, CaseIterable, Codable {
    /// Tokens are counted one by one, image tokens too: the authors hand embeddings to the model, which then counts so.
    case sequential
    /// The VLM's own, of an image over (time, row, column) where it has such.
    case model
  }

  package enum Attention: String, Sendable, CaseIterable, Codable {
    /// Tokens see what is before them.
    case causal
    /// The prompt's tokens see each other both ways, and none of them the query: PaliGemma's own prefix.
    case prefix
    /// All see all, the query too: PaliGemma's code where the mask names no prefix.
    case full

    /// Of a prompt of `count` tokens and a query behind it, those that see each other both ways.
    func prefix(of count: Int) -> Int {
      switch self {
      case .causal: 0
      case .prefix: count
      case .full: count + 1
      }
    }
  }

  package enum Pictures: String, Sendable, CaseIterable, Codable {
    /// `QueryPictures`: 224 x 224 first, then the family's processor with the authors' bounds.
    case authors
    /// The checkpoint's own processor on the frame as it is.
    case model
  }

  package var positions = Positions.sequential
  package var attention = Attention.causal
  /// Whether DeepStack's features (Qwen3-VL) are added: the authors' public classes lose them, their own had them.
  package var addsDeepstack = true
  package var pictures = Pictures.authors

  package init() {}
}

/// A model with a learned vector behind its prompt: VLM4VLA's backbone.
///
/// Safe to use from several threads at once; each call uses all of `Parallel.threads`.
package final class QueryModel: Sendable {
  private let model: VisionLanguageModel
  package let settings: QuerySettings
  private let pictures: any ImageProcessor

  /// - Parameter model: loaded whole.
  /// - Throws: when the model takes no pictures, writes no words, or its image processor is not known.
  package init(_ model: VisionLanguageModel, settings: QuerySettings = QuerySettings()) throws {
    self.model = model
    self.settings = settings
    let (vision, processor) = (try model.sightedModel(), try ImageProcessorSettings(model.checkpoint))
    _ = try model.spokenModel()
    pictures =
      settings.pictures == .authors
      ? try QueryPictures(processor, packer: vision.packer)
      : try ImageProcessorRegistry.open(processor, packer: vision.packer)
  }

  /// Width of the query, and of what it comes to.
  package var width: Int { get throws { try model.spokenModel().language.width } }

  /// The prompt of a policy told to do `task`, and whether it is the authors': else it is the family's own template around the
  /// authors' words.
  package func prompt(for task: String) throws -> (text: String, isAuthors: Bool) {
    let task = task.trimmingCharacters(in: .whitespacesAndNewlines)
    if let prompt = model.checkpoint.configuration.prompt?.policy {
      return (prompt.parts(between: "{task}").joined(separator: task), true)
    }
    return (try model.promptWriter().rendered("What action should the robotic arm take to \(task)", images: 1), false)
  }

  /// What `query` comes to behind a picture and the task it is told, after the final norm: `[width]` for each.
  ///
  /// All pictures go through the encoder in one packed pass, sequences one after the other.
  ///
  /// - Throws: when picture and prompt do not fit each other or the model, or a value is not finite.
  package func states(_ samples: [(picture: RGBImage, task: String)], query: [Float]) throws -> [[Float]] {
    let (vision, language) = (try model.sightedModel(), try model.spokenModel())
    let images = try samples.map { try pictures.prepare($0.picture) }
    let features = vision.features(images, try vision.run(images, taps: Set(vision.featureStages)))
    return try zip(samples, features).map { sample, seen in
      try language.lastState(sequence(sample.task, seen, query: query))
    }
  }

  /// What a query would look at behind each picture and task, for whoever trains it.
  ///
  /// - Throws: `runtime.input.tokens` where the prompt's tokens see the query.
  package func contexts(_ samples: [(picture: RGBImage, task: String)]) throws -> [QueryContext] {
    let (vision, language) = (try model.sightedModel(), try model.spokenModel())
    let images = try samples.map { try pictures.prepare($0.picture) }
    let features = vision.features(images, try vision.run(images, taps: Set(vision.featureStages)))
    let zeros = [Float](repeating: 0, count: try width)
    return try zip(samples, features).map { try language.context(sequence($0.task, $1, query: zeros)) }
  }

  /// A policy's tokens, for those who compare them.
  package func tokens(_ picture: RGBImage, task: String) throws -> [Int] {
    let vision = try model.sightedModel()
    let image = try pictures.prepare(picture)
    let seen = vision.features([image], try vision.run([image], taps: Set(vision.featureStages)))
    return try sequence(task, seen[0], query: [Float](repeating: 0, count: width)).tokens.dropLast()
  }

  private func sequence(_ task: String, _ features: ImageFeatures, query: [Float]) throws -> Prompt {
    let (writer, language) = (try model.promptWriter(), try model.spokenModel().language)
    let prompt = try Prompt(
      prompt(for: task).text, images: [features], query: query, settings: settings, writer.tokenizer,
      model.checkpoint.configuration)
    try writer.check(prompt, vocabulary: language.vocabularySize)
    if let longest = language.maxPositions, prompt.tokens.count > longest {
      throw VLMError(
        .promptLength,
        "the prompt has \(prompt.tokens.count) tokens, the model takes \(longest) (max_position_embeddings)",
        file: model.checkpoint.path, remedy: "shorten the instruction")
    }
    return prompt
  }
}
