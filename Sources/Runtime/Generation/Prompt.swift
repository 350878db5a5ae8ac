internal import Mapping
internal import Tensors
internal import Tokenizers

/// A rendered prompt as token ids, every image's placeholder replaced by as many tokens as the image has features.
struct Prompt: Equatable {
  let tokens: [Int]
  /// Rows of `tokens` that image features take.
  let imageRows: [Int]

  /// - Parameters:
  ///   - text: rendered by the chat template; one image token an image, in the order of `imageTokens`.
  ///   - imageTokens: features of each image.
  /// - Throws: `runtime.prompt.images` when text and images do not go together.
  init(_ text: String, imageTokens: [Int], _ tokenizer: Tokenizer, _ configuration: ModelConfiguration) throws
  {
    let settings = configuration.prompt
    let ids = try tokenizer.encode(text, addSpecialTokens: Self.addsSpecialTokens(text, tokenizer, settings))
    guard !imageTokens.isEmpty else {
      (tokens, imageRows) = (ids, [])
      return
    }
    let placeholder = try Self.placeholder(tokenizer, configuration)
    let places = ids.count { $0 == placeholder }
    guard places == imageTokens.count else {
      throw VLMError(
        .promptImages, "the prompt has places for \(places) images, \(imageTokens.count) are given",
        file: tokenizer.file, remedy: "give as many --image as the prompt names")
    }
    let (start, end) = (
      try settings?.imageStart.map { try Self.id($0, tokenizer) },
      try settings?.imageEnd.map { try Self.id($0, tokenizer) }
    )
    var tokens: [Int] = []
    var rows: [Int] = []
    var image = 0
    for id in ids {
      guard id == placeholder else {
        tokens.append(id)
        continue
      }
      if let start { tokens.append(start) }
      for index in 0..<imageTokens[image] {
        rows.append(tokens.count)
        tokens.append(settings?.firstImageId.map { $0 + index } ?? configuration.language?.imageTokenId ?? id)
      }
      if let end { tokens.append(end) }
      image += 1
    }
    (self.tokens, imageRows) = (tokens, rows)
  }

  /// transformers leaves a tokenizer's own start token out when the template wrote one.
  private static func addsSpecialTokens(
    _ text: String, _ tokenizer: Tokenizer, _ settings: PromptConfiguration?
  ) -> Bool {
    if let fixed = settings?.addsSpecialTokens { return fixed }
    return tokenizer.specialTokens.bos.map { !text.hasPrefix($0.content) } ?? true
  }

  private static func placeholder(_ tokenizer: Tokenizer, _ configuration: ModelConfiguration) throws -> Int {
    if let token = configuration.prompt?.imageToken { return try id(token, tokenizer) }
    guard let id = configuration.language?.imageTokenId else {
      throw VLMError(
        .promptImages, "config.json names no image token, so an image has no place", file: tokenizer.file,
        remedy: "use a checkpoint with image_token_id")
    }
    return id
  }

  private static func id(_ token: String, _ tokenizer: Tokenizer) throws -> Int {
    guard let id = tokenizer.id(of: token) else {
      throw VLMError(
        .promptImages, "the vocabulary has no token \(token)", file: tokenizer.file,
        remedy: "use the tokenizer of this checkpoint")
    }
    return id
  }
}
