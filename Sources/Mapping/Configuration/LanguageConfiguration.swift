internal import Tensors

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
  /// Rows of the learned position table; `nil` where positions are rotary or sinusoidal.
  public var learnedPositions: Int?
  /// Base of the rotary frequencies; `nil` where positions are not rotary.
  public var ropeTheta: Double?
  /// M-RoPE sections (time, row, column), in rotary pairs.
  public var mropeSections: [Int]?
  /// The three axes of M-RoPE take turns over the pairs (Qwen3-VL) instead of one run of pairs each; `nil` is no.
  public var mropeInterleaved: Bool?
  /// How rotary frequencies were stretched after training; `nil` is not at all.
  public var ropeScaling: RopeScaling?
  /// Positions are sines and cosines added to the embeddings (Kosmos-2); `nil` is no.
  public var sinusoidalPositions: Bool?
  /// Position of the first token; `nil` is 0 (PaliGemma: 1, Kosmos-2: 2).
  public var firstPosition: Int?
  /// Longest sequence it was trained for.
  public var maxPositions: Int?

  /// RMSNorm over each head's query and key before the rotation (Qwen3); `nil` is no.
  public var queryKeyNorm: Bool?
  /// Norms multiply by `1 + weight` (Gemma); `nil` is no.
  public var unitOffsetNorm: Bool?
  /// A second norm after attention and after the MLP, before each is added (Gemma 2); `nil` is no.
  public var postNorms: Bool?
  /// Norms inside: over the mixed heads before the output product, over the hidden layer before `down` (Kosmos-2).
  public var innerNorms: Bool?
  /// Token embeddings are multiplied by `√width` (Gemma, Kosmos-2); `nil` is no.
  public var scalesEmbeddings: Bool?
  /// Image features are multiplied by it as well (Kosmos-2, SmolVLA); `nil` is no.
  public var scalesImages: Bool?
  /// Attention logits are divided by the root of this; `nil` is `headWidth` (Gemma 2's `query_pre_attn_scalar`).
  public var queryScale: Double?
  /// `cap · tanh(x / cap)` of attention logits (Gemma 2).
  public var attentionSoftCap: Double?
  /// The same of the head's logits.
  public var logitSoftCap: Double?
  /// Tokens a sliding block sees, itself included.
  public var slidingWindow: Int?
  /// Kinds of the blocks in turn, under their transformers names; where it is shorter than `depth` it repeats, `nil` is
  /// full attention everywhere (unless `slidingWindow` is set: then sliding everywhere, as Mistral).
  public var blockKinds: [BlockKind]?
  /// Tokens before the first answer token see each other both ways (PaliGemma); `nil` is no.
  public var bidirectionalPrefix: Bool?

  /// Experts of a mixture-of-experts MLP; `nil` is a plain MLP in every block.
  public var experts: Int?
  public var expertsPerToken: Int?
  public var expertWidth: Int?
  /// Weights of the chosen experts are divided by their sum; `nil` is yes.
  public var normalizesExpertWeights: Bool?
  /// Blocks with a plain MLP among those with experts.
  public var denseBlocks: [Int]?
  /// Every n-th block has experts; `nil` is every block.
  public var expertStep: Int?

  /// Whether there is a head over the vocabulary at all (not in the text tower of a dual encoder).
  public var hasHead: Bool
  /// The head uses the token embedding; a checkpoint may hold a copy of it as well.
  public var tiedEmbeddings: Bool
  /// Width of the shared embedding space that the pooled text is projected to.
  public var projectionWidth: Int?
  public var projectionBias: Bool?
  public var imageTokenId: Int?
  public var videoTokenId: Int?
  /// Image features stand after this many tokens of the prompt, which has no tokens in their place (OpenVLA: 1).
  public var imageInsertion: Int?

  /// Whether block `index` has experts in place of one MLP.
  public func hasExperts(block index: Int) -> Bool {
    experts != nil && denseBlocks?.contains(index) != true && (index + 1) % max(expertStep ?? 1, 1) == 0
  }

  /// Leaves one period of `blockKinds`, and nothing where all blocks are alike, so that a list of every block and the rule
  /// it was made by are one configuration.
  mutating func shortenBlockKinds() {
    guard let kinds = blockKinds, !kinds.isEmpty else { return }
    let period = (1...kinds.count).first { period in
      kinds.indices.allSatisfy { kinds[$0] == kinds[$0 % period] }
    }
    blockKinds = Array(kinds.prefix(period ?? kinds.count))
    guard blockKinds?.count == 1 else { return }
    if blockKinds == [.full] { slidingWindow = nil }
    blockKinds = nil
  }

  /// Whether block `index` sees its sliding window only.
  public func isSliding(block index: Int) -> Bool {
    guard slidingWindow != nil else { return false }
    guard let blockKinds, !blockKinds.isEmpty else { return true }
    return blockKinds[index % blockKinds.count] == .sliding
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case depth, width, heads, keyValueHeads, headWidth, mlpWidth, mlp, activation, norm, normEpsilon,
      attentionBias, attentionOutputBias, mlpBias, vocabularySize, learnedPositions, ropeTheta,
      mropeSections, mropeInterleaved, ropeScaling, sinusoidalPositions, firstPosition, maxPositions,
      queryKeyNorm, unitOffsetNorm, postNorms, innerNorms, scalesEmbeddings, scalesImages, queryScale,
      attentionSoftCap, logitSoftCap, slidingWindow, blockKinds, bidirectionalPrefix, experts, expertsPerToken, expertWidth,
      normalizesExpertWeights, denseBlocks, expertStep, hasHead, tiedEmbeddings, projectionWidth,
      projectionBias, imageTokenId, videoTokenId, imageInsertion
  }
}

/// What a block of a language model attends to.
public enum BlockKind: String, Codable, Sendable {
  case full = "full_attention"
  case sliding = "sliding_attention"
}

/// Rotary frequencies stretched to longer sequences than were trained on: `rope_scaling` of transformers.
public struct RopeScaling: Codable, Sendable, Equatable {
  /// `linear`, `llama3`, or `dynamic` (which changes nothing up to `maxPositions`); `default` and `mrope` are no scaling.
  public var kind: String
  public var factor: Double?
  public var lowFrequencyFactor: Double?
  public var highFrequencyFactor: Double?
  public var originalMaxPositions: Int?

  /// Kinds that the runtime computes; another would give other frequencies and go unnoticed.
  static let knownKinds = ["default", "mrope", "linear", "llama3", "dynamic"]

  /// Whether frequencies are those of `ropeTheta` alone.
  var changesNothing: Bool { kind == "default" || kind == "mrope" }

  enum CodingKeys: String, CodingKey {
    case kind = "rope_type"
    case oldKind = "type"
    case factor
    case lowFrequencyFactor = "low_freq_factor"
    case highFrequencyFactor = "high_freq_factor"
    case originalMaxPositions = "original_max_position_embeddings"
  }

  /// Reads the object as `config.json` has it; older files say `type`.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    kind =
      try fields.decodeIfPresent(String.self, forKey: .kind)
      ?? fields.decodeIfPresent(String.self, forKey: .oldKind) ?? "default"
    factor = try fields.decodeIfPresent(Double.self, forKey: .factor)
    lowFrequencyFactor = try fields.decodeIfPresent(Double.self, forKey: .lowFrequencyFactor)
    highFrequencyFactor = try fields.decodeIfPresent(Double.self, forKey: .highFrequencyFactor)
    originalMaxPositions = try fields.decodeIfPresent(Int.self, forKey: .originalMaxPositions)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(kind, forKey: .kind)
    try fields.encodeIfPresent(factor, forKey: .factor)
    try fields.encodeIfPresent(lowFrequencyFactor, forKey: .lowFrequencyFactor)
    try fields.encodeIfPresent(highFrequencyFactor, forKey: .highFrequencyFactor)
    try fields.encodeIfPresent(originalMaxPositions, forKey: .originalMaxPositions)
  }
}
