internal import ChatTemplates
public import Images
internal import Synchronization
internal import Tensors
internal import Tokenizers

/// One turn of a conversation: who speaks, and what is shown and said, in the order in which the model is to take it in.
///
///     [Turn("system", "Be brief."), Turn(role: "user", content: [.image(frame), .text("What is this?")])]
public struct Turn: Sendable, Hashable {
  /// A part of what a turn says.
  public enum Part: Sendable, Hashable {
    case text(String)
    /// Of any size: the checkpoint's own image processor takes it.
    case image(RGBImage)
  }

  /// `system`, `user` or `assistant`; what others there are is the chat template's business.
  public var role: String
  /// Pictures and text.
  public var content: [Part]

  /// A turn of several parts.
  public init(role: String, content: [Part]) {
    self.role = role
    self.content = content
  }

  /// A turn of words alone.
  public init(_ role: String, _ text: String) { self.init(role: role, content: [.text(text)]) }

  /// The pictures of the turn.
  var images: [RGBImage] { content.compactMap { if case .image(let image) = $0 { image } else { nil } } }

  /// Templates of models that see expect parts everywhere; several would take the characters of a plain text for them.
  var message: ChatMessage {
    ChatMessage(
      role: role,
      content: content.map { part -> ChatMessage.Part in
        switch part {
        case .text(let text): .text(text)
        case .image: .image
        }
      })
  }
}

extension VisionLanguageModel {
  /// Writes text after a question about pictures, giving out each piece as it is certain.
  ///
  /// - Parameter write: gets each piece; by default only the summary has the text.
  /// - Throws: when pictures and prompt do not fit each other or the model, `runtime.prompt.length` for more tokens than the
  ///   model was made for.
  public func generate(
    _ question: String, images: [RGBImage], options: Options = Options(),
    write: (String) throws -> Void = { _ in }
  ) throws -> Summary {
    if options.isRaw {
      return try generate(from: images, options, write) { try $0.prompt(raw: question, images: $1) }
    }
    let first = options.system.map { [Turn("system", $0)] } ?? []
    return try generate(
      first + [Turn(role: "user", content: images.map { .image($0) } + [.text(question)])], options: options,
      write: write)
  }

  /// Thrown by whoever is given the pieces of a text, once there are enough: it ends there, and the summary is of what was written.
  package struct EndOfText: Error {
    package init() {}
  }

  /// Writes the assistant's next turn of a conversation, giving out each piece as it is certain. `options.system` and
  /// `options.isRaw` are not read: all that is said is in the turns.
  ///
  /// - Throws: as for a question, and what the chat template throws where it refuses the order of the turns.
  public func generate(
    _ conversation: [Turn], options: Options = Options(), write: (String) throws -> Void = { _ in }
  ) throws -> Summary {
    try generate(from: conversation.flatMap(\.images), options, write) { try $0.prompt(conversation, images: $1) }
  }

  private func generate(
    from images: [RGBImage], _ options: Options, _ write: (String) throws -> Void,
    prompt: (PromptWriter, [ImageFeatures]) throws -> Prompt
  ) throws -> Summary {
    let clock = ContinuousClock()
    let start = clock.now
    let (language, writer) = (try spokenModel(), try promptWriter())
    let features = try see(images, options.seen)
    let afterPictures = clock.now
    let prompt = try checked(prompt(writer, features))
    var limit = options.limit
    if options.staysInContext, let longest { limit = min(limit, longest - prompt.tokens.count) }
    var generation = try TokenGeneration(
      language, prompt: prompt, stops: Set(writer.tokenizer.specialTokens.stopIDs), limit: limit,
      sampling: options.sampling)
    let afterPrompt = clock.now
    var stream = StreamingDecoder(writer.tokenizer, skipSpecialTokens: !options.keepsSpecialTokens)
    var (ids, written, isCut): ([Int], String, Bool) = ([], "", false)
    func give(_ piece: String) throws {
      written += piece
      if !piece.isEmpty { try write(piece) }
    }
    do {
      while let token = try generation.next() {
        ids.append(token)
        try give(try stream.append(token))
      }
      try give(try stream.finish())
    } catch is EndOfText { isCut = true }
    let seconds = (clock.now - afterPrompt) / .seconds(1)
    return Summary(
      text: written, tokens: ids, promptTokens: prompt.tokens.count, imageTokens: prompt.imageRows.count,
      ended: !isCut && ids.count < limit, promptSeconds: (afterPrompt - start) / .seconds(1),
      visionSeconds: (afterPictures - start) / .seconds(1),
      tokensPerSecond: ids.count > 1 ? Double(ids.count) / seconds : nil)
  }

  /// What the vision side makes of pictures for the language model. With a memory each picture is encoded alone, so that what is
  /// remembered does not depend on what was beside it.
  private func see(_ images: [RGBImage], _ memory: SeenPictures?) throws -> [ImageFeatures] {
    guard !images.isEmpty else { return [] }
    let vision = try sightedModel()
    func encode(_ images: [RGBImage]) throws -> [ImageFeatures] {
      let prepared = try images.map(vision.prepare)
      return vision.features(prepared, try vision.run(prepared, taps: Set(vision.featureStages)))
    }
    guard let memory else { return try encode(images) }
    return try images.map { image in
      if let known = memory.features(of: image) { return known }
      let features = try encode([image])[0]
      memory.keep(features, of: image)
      return features
    }
  }
}

/// What a model made of the pictures that it saw last, so that one shown again is not encoded again: the frames of an agent's history,
/// the picture that a second question is about. Belongs to one model.
package final class SeenPictures: Sendable {
  private struct State {
    var features: [RGBImage: (features: ImageFeatures, used: Int)] = [:]
    var (bytes, clock) = (0, 0)
  }

  private let state = Mutex(State())
  private let byteLimit: Int

  /// - Parameter byteLimit: of features and pixels together; what was used longest ago is forgotten first. A picture that alone takes
  ///   more is not kept.
  package init(byteLimit: Int = 256 << 20) { self.byteLimit = byteLimit }

  func features(of image: RGBImage) -> ImageFeatures? {
    state.withLock { state in
      state.clock += 1
      state.features[image]?.used = state.clock
      return state.features[image]?.features
    }
  }

  func keep(_ features: ImageFeatures, of image: RGBImage) {
    let size = Self.bytes(features, image)
    guard size <= byteLimit else { return }
    state.withLock { state in
      guard state.features[image] == nil else { return }
      state.clock += 1
      state.features[image] = (features, state.clock)
      state.bytes += size
      while state.bytes > byteLimit, let oldest = state.features.min(by: { $0.value.used < $1.value.used }) {
        state.features[oldest.key] = nil
        state.bytes -= Self.bytes(oldest.value.features, oldest.key)
      }
    }
  }

  private static func bytes(_ features: ImageFeatures, _ image: RGBImage) -> Int {
    let values = features.deepstack.reduce(features.values.shape.count) { $0 + $1.shape.count }
    return values * MemoryLayout<Float>.stride + 3 * image.width * image.height
  }
}
