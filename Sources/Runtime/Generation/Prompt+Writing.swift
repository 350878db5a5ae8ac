internal import Mapping
internal import Tensors
internal import Tokenizers

extension Prompt {
  /// A rendered prompt as token ids, every image's placeholder replaced by as many tokens as the image has features.
  ///
  /// - Parameters:
  ///   - text: rendered by the chat template; one image token an image, in the order of `images`.
  /// - Throws: `runtime.prompt.images` when text and images do not go together.
  init(_ text: String, images: [ImageFeatures], _ tokenizer: Tokenizer, _ configuration: ModelConfiguration)
    throws
  {
    guard let language = configuration.language else {
      throw VLMError(
        .noLanguageModel, "the model has no decoder that a prompt could be run through", file: tokenizer.file)
    }
    let (tokens, rows) = try Self.written(text, images, tokenizer, configuration)
    try self.init(
      tokens, images: images, imageRows: rows,
      prefix: language.bidirectionalPrefix == true ? tokens.count : 0,
      for: language)
  }

  /// A policy's prompt, with the vector that its head reads behind it.
  init(
    _ text: String, images: [ImageFeatures], query: [Float], settings: QuerySettings, _ tokenizer: Tokenizer,
    _ configuration: ModelConfiguration
  ) throws {
    guard let language = configuration.language else {
      throw VLMError(
        .noLanguageModel, "the model has no decoder that a prompt could be run through", file: tokenizer.file)
    }
    let images = settings.addsDeepstack ? images : images.map(\.withoutDeepstack)
    var asked = configuration
    if let place = configuration.prompt?.policyImagesAt { asked.language?.imageInsertion = place }
    if let adds = configuration.prompt?.policyAddsSpecialTokens { asked.prompt?.addsSpecialTokens = adds }
    let (tokens, rows) = try Self.written(text, images, tokenizer, asked)
    try self.init(
      tokens, images: images, imageRows: rows, prefix: settings.attention.prefix(of: tokens.count), query: query,
      countsTokens: settings.positions == .sequential, for: language)
  }

  /// The tokens of a text, and which of them stand for images.
  private static func written(
    _ text: String, _ images: [ImageFeatures], _ tokenizer: Tokenizer, _ configuration: ModelConfiguration
  ) throws -> (tokens: [Int], imageRows: [Int]) {
    let settings = configuration.prompt
    if let most = settings?.maximumImages, images.count > most {
      throw VLMError(
        .promptImages, "the model takes \(most) images a prompt, \(images.count) are given",
        file: tokenizer.file,
        remedy: "give \(most) --image")
    }
    func encode(_ text: String) throws -> [Int] {
      try tokenizer.encode(text, addSpecialTokens: addsSpecialTokens(text, tokenizer, settings))
    }
    if let place = configuration.language?.imageInsertion {
      return try inserting(images, into: try encode(text), at: place, file: tokenizer.file)
    }
    guard let placeholder = try Self.placeholder(tokenizer, configuration, isNeeded: !images.isEmpty) else {
      return (try encode(text), [])
    }
    guard let written = PromptText(text, placeholder: placeholder.token, images: images, settings) else {
      let places = text.parts(between: placeholder.token).count - 1
      throw VLMError(
        .promptImages, "the prompt has places for \(places) images, \(images.count) are given",
        file: tokenizer.file, remedy: "give as many --image as the prompt has \(placeholder.token)")
    }
    let ids = try encode(written.text)
    guard ids.count(where: { $0 == placeholder.id }) == written.runs.count else {
      throw VLMError(
        .promptImages, "the tokenizer does not keep every \(placeholder.token) of the prompt as one token",
        file: tokenizer.file, remedy: "keep it apart from what is around it")
    }
    let feature = images.isEmpty ? placeholder.id : try feature(tokenizer, settings) ?? placeholder.id
    var (tokens, rows): ([Int], [Int]) = ([], [])
    var runs = written.runs.makeIterator()
    for id in ids {
      guard id == placeholder.id, let features = runs.next(), features > 0 else {
        tokens.append(id)
        continue
      }
      rows += tokens.count..<tokens.count + features
      tokens += (0..<features).map { index in settings?.firstImageId.map { $0 + index } ?? feature }
    }
    return (tokens, rows)
  }

  /// The token of an image's features, where it is not the placeholder's.
  private static func feature(_ tokenizer: Tokenizer, _ settings: PromptConfiguration?) throws -> Int? {
    guard let token = settings?.featureToken else { return nil }
    guard let id = tokenizer.id(of: token) else {
      throw VLMError(
        .promptImages, "the vocabulary has no token \(token), so an image's features have no place", file: tokenizer.file,
        remedy: "use the tokenizer of this checkpoint, all its added tokens included")
    }
    return id
  }

  /// Images that no token of the prompt stands for (OpenVLA); their rows hold token 0, which is never looked up.
  private static func inserting(
    _ images: [ImageFeatures], into ids: [Int], at place: Int, file: String
  ) throws -> (tokens: [Int], imageRows: [Int]) {
    let count = images.reduce(0) { $0 + $1.tokenCount }
    guard count == 0 || place <= ids.count else {
      throw VLMError(
        .promptImages, "images go in after token \(place), the prompt has \(ids.count)", file: file,
        remedy: "use the tokenizer of this checkpoint, which begins a prompt by itself")
    }
    return (
      ids.prefix(place) + Array(repeating: 0, count: count) + ids.dropFirst(place),
      Array(place..<place + count)
    )
  }

  /// transformers leaves a tokenizer's own start token out when the template wrote one.
  private static func addsSpecialTokens(
    _ text: String, _ tokenizer: Tokenizer, _ settings: PromptConfiguration?
  ) -> Bool {
    if let fixed = settings?.addsSpecialTokens { return fixed }
    return tokenizer.specialTokens.bos.map { !text.hasPrefix($0.content) } ?? true
  }

  /// The image token by its name in the family's settings, else by its id in `config.json`.
  private static func placeholder(
    _ tokenizer: Tokenizer, _ configuration: ModelConfiguration, isNeeded: Bool
  ) throws -> (token: String, id: Int)? {
    if let token = configuration.prompt?.imageToken {
      if let id = tokenizer.id(of: token) { return (token, id) }
      guard isNeeded else { return nil }
      throw VLMError(
        .promptImages, "the vocabulary has no token \(token), so an image has no place", file: tokenizer.file,
        remedy: "use the tokenizer of this checkpoint, all its added tokens included")
    }
    if let id = configuration.language?.imageTokenId, let token = tokenizer.token(of: id) {
      return (token, id)
    }
    guard isNeeded else { return nil }
    throw VLMError(
      .promptImages,
      configuration.language?.imageTokenId.map {
        "the vocabulary has no token \($0), which stands for images"
      }
        ?? "config.json names no image token, so an image has no place",
      file: tokenizer.file, remedy: "use a checkpoint with image_token_id, and its own tokenizer")
  }
}
