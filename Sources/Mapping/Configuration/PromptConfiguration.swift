/// How pictures and a text become one sequence of tokens.
///
/// A rendered prompt names each image once; in its place come `imageStart`, as many image tokens as the image has features,
/// and `imageEnd`. Where tiles have markers, the tiles come first and those two are around the one that shows it all.
package struct PromptConfiguration: Codable, Sendable, Equatable {
  /// What stands for one image in a prompt, as the vocabulary spells it; `nil` is the token `language.imageTokenId`.
  package var imageToken: String?
  /// What stands for each of an image's features, as the vocabulary spells it, where that is another token (Gemma 3).
  package var featureToken: String?
  /// Text before and after an image's features.
  package var imageStart: String?
  package var imageEnd: String?
  /// Text before the features of each tile, `{row}` and `{column}` counted from 1 (Idefics3); `nil` writes the features of
  /// all tiles as one run.
  package var tileStart: String?
  /// Text after each row of tiles, and after the last of them all.
  package var tileRowEnd: String?
  package var tilesEnd: String?
  /// First of the ids that stand for an image's features, each one more than the last (Kosmos-2); `nil` repeats the image
  /// token's.
  package var firstImageId: Int?
  /// Most images that a prompt can have; `nil` is any number.
  package var maximumImages: Int?
  /// Chat template (Jinja) for checkpoints that bring none.
  package var template: String?
  /// Whether `template` is taken even where a checkpoint brings one: the authors of InternVL write prompts in code, and the
  /// template beside their tokenizer is that of the language model alone, which leaves images out.
  package var replacesTemplate: Bool?
  /// Whether the tokenizer adds its own tokens (a first `<s>`); `nil` is unless the text begins with that one already.
  package var addsSpecialTokens: Bool?
  /// The whole prompt of a VLM4VLA policy, `{task}` in the place of the instruction, one image token for the picture; `nil` where
  /// their code has none for the family.
  package var policy: String?
  /// Where the picture's features go into a policy's tokens, whatever stands in its text (Kosmos-2).
  package var policyImagesAt: Int?
  /// Whether the tokenizer adds its own tokens to a policy's prompt; `nil` as `addsSpecialTokens` says.
  package var policyAddsSpecialTokens: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case imageToken, featureToken, imageStart, imageEnd, tileStart, tileRowEnd, tilesEnd, firstImageId, maximumImages,
      template
    case replacesTemplate, addsSpecialTokens, policy, policyImagesAt, policyAddsSpecialTokens
  }
}
