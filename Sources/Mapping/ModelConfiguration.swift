/// The runtime's own description of a model: what `config.json` of a runtime checkpoint holds.
///
/// Every field is resolved from the source's `config.json` by the family's JSON5 file, so the runtime never looks at
/// a family's name to decide what to compute.
public struct ModelConfiguration: Codable, Sendable, Equatable {
  /// Family id, as the file names in `formats/families` spell it, for example `qwen2_5_vl`.
  public var family: String
  /// Tensor-name dialect the source used, for example `transformers-4` or `transformers-5`.
  public var dialect: String
  public var vision: VisionConfiguration?
  public var projector: ProjectorConfiguration?
  public var language: LanguageConfiguration?
  /// Set when linear weights are int8.
  public var quantization: QuantizationConfiguration?

  public init(family: String, dialect: String) {
    self.family = family
    self.dialect = dialect
  }
}

public enum NormKind: String, Codable, Sendable { case layerNorm, rmsNorm }

/// Activation functions under their transformers names.
public enum ActivationKind: String, Codable, Sendable {
  case gelu
  case geluTanh = "gelu_pytorch_tanh"
  case quickGelu = "quick_gelu"
  case silu
  case relu
}

public enum MLPKind: String, Codable, Sendable {
  /// `down(act(up(x)))`
  case plain
  /// `down(act(gate(x)) * up(x))`
  case gated
}

public enum PositionKind: String, Codable, Sendable {
  /// A learned table over the native patch grid (class token first when there is one), bicubically interpolated to other sizes.
  case learned
  /// Rotary over (row, column) of each patch.
  case rotary2D = "rotary_2d"
}

public enum PoolingKind: String, Codable, Sendable {
  case none
  /// Class token through the final norm (CLIP).
  case classToken = "class_token"
  /// One learned query attending to all tokens, then norm and MLP (SigLIP).
  case attention
}

public struct VisionConfiguration: Codable, Sendable, Equatable {
  public var depth: Int
  public var width: Int
  public var heads: Int
  public var mlpWidth: Int
  public var mlp: MLPKind
  public var activation: ActivationKind
  public var norm: NormKind
  public var normEpsilon: Double
  public var channels: Int
  public var patchSize: Int
  public var temporalPatchSize: Int
  /// Native image side in pixels, when the position table implies one.
  public var imageSize: Int?
  public var position: PositionKind
  public var hasClassToken: Bool
  /// LayerNorm between embeddings and block 0 (CLIP).
  public var hasPreNorm: Bool
  /// Norm after the last block that is part of the encoder (not of the projector).
  public var hasFinalNorm: Bool
  public var pooling: PoolingKind
  /// Side of an attention window in pixels; `nil` is full attention everywhere.
  public var windowSize: Int?
  /// Blocks that attend over the whole image although `windowSize` is set.
  public var fullAttentionBlocks: [Int]
  /// Side of the patch square that becomes one language token; also the order in which patches are packed.
  public var spatialMergeSize: Int
}

public enum ProjectorKind: String, Codable, Sendable {
  /// Norm, concatenation of `spatialMergeSize`² patches, then linear layers with an activation between.
  case merger
  /// Linear layers with an activation between (one layer: plain projection) on each token.
  case mlp
  /// One linear layer on the pooled embedding (CLIP's visual projection).
  case pooledLinear = "pooled_linear"
}

public struct ProjectorConfiguration: Codable, Sendable, Equatable {
  public var kind: ProjectorKind
  public var outputWidth: Int
  public var activation: ActivationKind
  public var norm: NormKind?
  public var normEpsilon: Double
}

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
  public var vocabularySize: Int
  public var ropeTheta: Double?
  /// M-RoPE sections (time, row, column), in rotary pairs.
  public var mropeSections: [Int]?
  public var tiedEmbeddings: Bool
  public var imageTokenId: Int?
}

public struct QuantizationConfiguration: Codable, Sendable, Equatable {
  /// `w8a8` (dynamic per-token int8 activations) or `w8a16` (weight-only).
  public var scheme: String
  /// `channel`, or `group` with `groupSize`.
  public var strategy: String
  public var groupSize: Int?
  /// Runtime parameters (of linear layers) that were kept in their own dtype.
  public var kept: [String]
}
