/// A transformer over tokens: a decoder, or the text tower of a dual encoder.
public struct LanguageConfiguration: Codable, Sendable, Equatable {
  public var depth: Int
  public var width: Int
  public var heads: Int
  public var keyValueHeads: Int
  public var headWidth: Int
  public var mlpWidth: Int
  public var mlp: MLPKind
  public var activation: ActivationKind
  public var norm: NormKind
  public var normEpsilon: Double
  public var attentionBias: Bool
  public var attentionOutputBias: Bool
  public var mlpBias: Bool
  public var vocabularySize: Int
  /// Rows of the learned position table; `nil` where positions are rotary.
  public var learnedPositions: Int?
  public var ropeTheta: Double?
  /// M-RoPE sections (time, row, column), in rotary pairs.
  public var mropeSections: [Int]?
  /// Whether there is a head over the vocabulary at all (not in the text tower of a dual encoder).
  public var hasHead: Bool
  /// The head uses the token embedding; a checkpoint may hold a copy of it as well.
  public var tiedEmbeddings: Bool
  /// Width of the shared embedding space that the pooled text is projected to.
  public var projectionWidth: Int?
  public var projectionBias: Bool?
  public var imageTokenId: Int?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case depth, width, heads, keyValueHeads, headWidth, mlpWidth, mlp, activation, norm, normEpsilon,
      attentionBias, attentionOutputBias, mlpBias, vocabularySize, learnedPositions, ropeTheta,
      mropeSections, hasHead, tiedEmbeddings, projectionWidth, projectionBias, imageTokenId
  }
}
