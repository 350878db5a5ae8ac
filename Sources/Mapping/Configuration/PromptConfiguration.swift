/// How pictures and a text become one sequence of tokens.
public struct PromptConfiguration: Codable, Sendable, Equatable {
  /// What stands for one image in a prompt, as the vocabulary spells it; `nil` is the token `language.imageTokenId`.
  public var imageToken: String?
  /// Tokens put before and after those that an image becomes.
  public var imageStart: String?
  public var imageEnd: String?
  /// First of the ids that stand for an image's features, each one more than the last (Kosmos-2); `nil` repeats
  /// `language.imageTokenId`.
  public var firstImageId: Int?
  /// Chat template (Jinja) for checkpoints that bring none.
  public var template: String?
  /// Whether the tokenizer adds its own tokens (a first `<s>`); `nil` is unless the text begins with that one already.
  public var addsSpecialTokens: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case imageToken, imageStart, imageEnd, firstImageId, template, addsSpecialTokens
  }
}
