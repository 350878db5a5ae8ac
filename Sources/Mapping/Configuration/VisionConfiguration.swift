/// A vision transformer over patches.
public struct VisionConfiguration: Codable, Sendable, Equatable {
  public var depth: Int
  public var width: Int
  public var heads: Int
  public var mlpWidth: Int
  public var mlp: MLPKind
  public var activation: ActivationKind
  public var norm: NormKind
  public var normEpsilon: Double
  /// Whether the linear layers of attention have biases.
  public var attentionBias: Bool
  /// Whether attention's output layer has one; `nil` is as `attentionBias`.
  public var attentionOutputBias: Bool?
  /// Norm of the whole query and of the whole key, all heads at once (InternViT-6B).
  public var queryKeyNorm: NormKind?
  /// Attention and MLP are multiplied by a learned vector before they are added (DINOv2, InternViT); `nil` is no.
  public var layerScale: Bool?
  /// What that vector holds before training; `nil` is 1.
  public var layerScaleInitial: Double?
  public var mlpBias: Bool
  public var patchBias: Bool
  public var channels: Int
  public var patchSize: Int
  public var temporalPatchSize: Int
  /// Native image side in pixels, when the position table implies one.
  public var imageSize: Int?
  public var position: PositionKind
  /// How the position table meets other grids than its own; `nil` is `bicubic`.
  public var positionResampling: PositionResampling?
  /// Base of the rotary frequencies when `position` is rotary.
  public var ropeTheta: Double?
  public var hasClassToken: Bool
  /// The position table starts with a row for the class token; `nil` is yes (timm's DINOv2 with registers: no).
  public var classTokenHasPosition: Bool?
  /// Learned tokens without a position between class token and patches (DINOv2 with registers); `nil` is none.
  public var registers: Int?
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
  /// How its authors draw parameters before training; `nil` is `normal`.
  public var initialization: InitializationKind?
  /// Standard deviation of parameters drawn by that scheme where it says no other; `nil` is 0.02.
  public var initializerRange: Double?

  /// Tokens before the patches of an image: class token and registers.
  public var leadingTokens: Int { (hasClassToken ? 1 : 0) + (registers ?? 0) }

  /// Patches along one side of the native image, when the position table implies one.
  public var nativeGrid: Int? { imageSize.map { $0 / patchSize } }

  /// Values of one patch: channels x frames x rows x columns.
  public var patchValues: Int { channels * temporalPatchSize * patchSize * patchSize }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case depth, width, heads, mlpWidth, mlp, activation, norm, normEpsilon, attentionBias,
      attentionOutputBias, queryKeyNorm, layerScale, layerScaleInitial, mlpBias, patchBias, channels,
      patchSize,
      temporalPatchSize, imageSize, position, positionResampling, ropeTheta, hasClassToken,
      classTokenHasPosition, registers,
      hasPreNorm, hasFinalNorm, pooling, windowSize, fullAttentionBlocks, spatialMergeSize,
      initialization, initializerRange
  }
}
