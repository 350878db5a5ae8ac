internal import Tensors

/// A transformer over tokens: a decoder, or the text tower of a dual encoder.
package struct LanguageConfiguration: Codable, Sendable, Equatable {
  package var depth: Int
  package var width: Int
  package var heads: Int
  package var keyValueHeads: Int
  package var headWidth: Int
  package var mlpWidth: Int
  package var mlp: MLPKind
  package var activation: ActivationKind
  package var norm: NormKind
  package var normEpsilon: Double
  package var attentionBias: Bool
  package var attentionOutputBias: Bool
  package var mlpBias: Bool
  package var vocabularySize: Int
  /// Rows of the learned position table; `nil` where positions are rotary or sinusoidal.
  package var learnedPositions: Int?
  /// Base of the rotary frequencies; `nil` where positions are not rotary.
  package var ropeTheta: Double?
  /// M-RoPE sections (time, row, column), in rotary pairs.
  package var mropeSections: [Int]?
  /// The three axes of M-RoPE take turns over the pairs (Qwen3-VL) instead of one run of pairs each; `nil` is no.
  package var mropeInterleaved: Bool?
  /// How rotary frequencies were stretched after training; `nil` is not at all.
  package var ropeScaling: RopeScaling?
  /// Base of the rotary frequencies of sliding blocks, which are not stretched (Gemma 3); `nil` is as in all others.
  package var localRopeTheta: Double?
  /// Positions are sines and cosines added to the embeddings (Kosmos-2); `nil` is no.
  package var sinusoidalPositions: Bool?
  /// Position of the first token; `nil` is 0 (PaliGemma: 1, Kosmos-2: 2).
  package var firstPosition: Int?
  /// Longest sequence it was trained for.
  package var maxPositions: Int?
  /// Standard deviation of weights and tables before training; `nil` is 0.02.
  package var initializerRange: Double?

  /// Elements of each head that rotary positions turn, the first ones (Qwen3.5); `nil` is all `headWidth`.
  package var rotaryWidth: Int?
  /// RMSNorm over each head's query and key before the rotation (Qwen3); `nil` is no.
  package var queryKeyNorm: Bool?
  /// Norms multiply by `1 + weight` (Gemma); `nil` is no.
  package var unitOffsetNorm: Bool?
  /// What heads mixed is multiplied by the sigmoid of a gate before the output product (Qwen3.5); `nil` is no.
  package var gatedAttention: Bool?
  /// A second norm after attention and after the MLP, before each is added (Gemma 2); `nil` is no.
  package var postNorms: Bool?
  /// Norms inside: over the mixed heads before the output product, over the hidden layer before `down` (Kosmos-2).
  package var innerNorms: Bool?
  /// Token embeddings are multiplied by `√width` (Gemma, Kosmos-2); `nil` is no.
  package var scalesEmbeddings: Bool?
  /// Image features are multiplied by it as well (Kosmos-2, SmolVLA); `nil` is no.
  package var scalesImages: Bool?
  /// Attention logits are divided by the root of this; `nil` is `headWidth` (Gemma 2's `query_pre_attn_scalar`).
  package var queryScale: Double?
  /// `cap · tanh(x / cap)` of attention logits (Gemma 2).
  package var attentionSoftCap: Double?
  /// The same of the head's logits.
  package var logitSoftCap: Double?
  /// Tokens a sliding block sees, itself included.
  package var slidingWindow: Int?
  /// Kinds of the blocks in turn, under their transformers names; where it is shorter than `depth` it repeats, `nil` is
  /// full attention everywhere (unless `slidingWindow` is set: then sliding everywhere, as Mistral).
  package var blockKinds: [BlockKind]?
  /// Tokens before the first answer token see each other both ways (PaliGemma); `nil` is no.
  package var bidirectionalPrefix: Bool?
  /// Tokens of an image see each other both ways (Gemma 3); `nil` is no.
  package var bidirectionalImages: Bool?

  /// Heads of linear attention and the widths of their keys and values, in blocks of that kind (Qwen3.5's Gated DeltaNet): each query
  /// and key serves several values in a row.
  package var linearKeyHeads: Int?
  package var linearValueHeads: Int?
  package var linearKeyWidth: Int?
  package var linearValueWidth: Int?
  /// Tokens that the convolution before it spans, the token itself included.
  package var linearTaps: Int?

  /// Experts of a mixture-of-experts MLP; `nil` is a plain MLP in every block.
  package var experts: Int?
  package var expertsPerToken: Int?
  package var expertWidth: Int?
  /// Width of an expert that every token runs, multiplied by the sigmoid of a gate (Qwen3.5-MoE); `nil` is none.
  package var sharedExpertWidth: Int?
  /// Weights of the chosen experts are divided by their sum; `nil` is yes.
  package var normalizesExpertWeights: Bool?
  /// Blocks with a plain MLP among those with experts.
  package var denseBlocks: [Int]?
  /// Every n-th block has experts; `nil` is every block.
  package var expertStep: Int?

  /// Whether there is a head over the vocabulary at all (not in the text tower of a dual encoder).
  package var hasHead: Bool
  /// The head uses the token embedding; a checkpoint may hold a copy of it as well.
  package var tiedEmbeddings: Bool
  /// Width of the shared embedding space that the pooled text is projected to.
  package var projectionWidth: Int?
  package var projectionBias: Bool?
  package var imageTokenId: Int?
  package var videoTokenId: Int?
  /// Image features stand after this many tokens of the prompt, which has no tokens in their place (OpenVLA: 1).
  package var imageInsertion: Int?

  /// Whether block `index` has experts in place of one MLP.
  package func hasExperts(block index: Int) -> Bool {
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
    guard blockKinds?.count == 1, blockKinds != [.linear] else { return }
    if blockKinds == [.full] { slidingWindow = nil }
    blockKinds = nil
  }

  /// Whether block `index` sees its sliding window only.
  package func isSliding(block index: Int) -> Bool {
    guard slidingWindow != nil else { return false }
    guard let blockKinds, !blockKinds.isEmpty else { return true }
    return blockKinds[index % blockKinds.count] == .sliding
  }

  /// Whether block `index` attends by a state.
  package func isLinear(block index: Int) -> Bool {
    guard let blockKinds, !blockKinds.isEmpty else { return false }
    return blockKinds[index % blockKinds.count] == .linear
  }

  /// Whether any block does.
  package var hasLinearBlocks: Bool { blockKinds?.contains(.linear) ?? false }

  /// The sizes of its linear attention; `nil` where there is none.
  package var linearAttention: LinearAttentionSizes? {
    guard hasLinearBlocks, let keyHeads = linearKeyHeads, let heads = linearValueHeads, let keyWidth = linearKeyWidth,
      let valueWidth = linearValueWidth, let taps = linearTaps
    else { return nil }
    return LinearAttentionSizes(keyHeads: keyHeads, heads: heads, keyWidth: keyWidth, valueWidth: valueWidth, taps: taps)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case depth, width, heads, keyValueHeads, headWidth, mlpWidth, mlp, activation, norm, normEpsilon,
      attentionBias, attentionOutputBias, mlpBias, vocabularySize, learnedPositions, ropeTheta,
      mropeSections, mropeInterleaved, ropeScaling, localRopeTheta, sinusoidalPositions, firstPosition, maxPositions, initializerRange,
      rotaryWidth, queryKeyNorm, gatedAttention, unitOffsetNorm, postNorms, innerNorms, scalesEmbeddings, scalesImages, queryScale,
      attentionSoftCap, logitSoftCap, slidingWindow, blockKinds, bidirectionalPrefix, bidirectionalImages, linearKeyHeads,
      linearValueHeads, linearKeyWidth, linearValueWidth, linearTaps, experts,
      expertsPerToken, expertWidth, sharedExpertWidth, normalizesExpertWeights, denseBlocks, expertStep, hasHead, tiedEmbeddings, projectionWidth,
      projectionBias, imageTokenId, videoTokenId, imageInsertion
  }
}

/// What a block of a language model attends to.
package enum BlockKind: String, Codable, Sendable {
  case full = "full_attention"
  case sliding = "sliding_attention"
  case linear = "linear_attention"
}

/// The sizes of linear attention with the gated delta rule.
package struct LinearAttentionSizes: Sendable, Equatable {
  package let keyHeads: Int
  /// Heads of values, each with a state `[keyWidth, valueWidth]`.
  package let heads: Int
  package let keyWidth: Int
  package let valueWidth: Int
  /// Tokens that the convolution spans.
  package let taps: Int

  /// Width of all queries, and of all keys.
  package var keys: Int { keyHeads * keyWidth }
  /// Queries, keys and values of a token.
  package var channels: Int { 2 * keys + heads * valueWidth }
}

/// Rotary frequencies stretched to longer sequences than were trained on: `rope_scaling` of transformers.
package struct RopeScaling: Codable, Sendable, Equatable {
  /// `linear`, `llama3`, or `dynamic` (which changes nothing up to `maxPositions`); `default` and `mrope` are no scaling.
  package var kind: String
  package var factor: Double?
  package var lowFrequencyFactor: Double?
  package var highFrequencyFactor: Double?
  package var originalMaxPositions: Int?

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
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    kind =
      try fields.decodeIfPresent(String.self, forKey: .kind)
      ?? fields.decodeIfPresent(String.self, forKey: .oldKind) ?? "default"
    factor = try fields.decodeIfPresent(Double.self, forKey: .factor)
    lowFrequencyFactor = try fields.decodeIfPresent(Double.self, forKey: .lowFrequencyFactor)
    highFrequencyFactor = try fields.decodeIfPresent(Double.self, forKey: .highFrequencyFactor)
    originalMaxPositions = try fields.decodeIfPresent(Int.self, forKey: .originalMaxPositions)
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(kind, forKey: .kind)
    try fields.encodeIfPresent(factor, forKey: .factor)
    try fields.encodeIfPresent(lowFrequencyFactor, forKey: .lowFrequencyFactor)
    try fields.encodeIfPresent(highFrequencyFactor, forKey: .highFrequencyFactor)
    try fields.encodeIfPresent(originalMaxPositions, forKey: .originalMaxPositions)
  }
}
