/// A vision transformer over patches.
package struct VisionConfiguration: Codable, Sendable, Equatable {
  package var depth: Int
  package var width: Int
  package var heads: Int
  package var mlpWidth: Int
  package var mlp: MLPKind
  package var activation: ActivationKind
  package var norm: NormKind
  package var normEpsilon: Double
  /// Whether the linear layers of attention have biases.
  package var attentionBias: Bool
  /// Whether the layer of keys has one; `nil` is as `attentionBias` (DINOv3: no).
  package var attentionKeyBias: Bool?
  /// Whether attention's output layer has one; `nil` is as `attentionBias`.
  package var attentionOutputBias: Bool?
  /// Norm of the whole query and of the whole key, all heads at once (InternViT-6B).
  package var queryKeyNorm: NormKind?
  /// Attention and MLP are multiplied by a learned vector before they are added (DINOv2, InternViT); `nil` is no.
  package var layerScale: Bool?
  /// What that vector holds before training; `nil` is 1.
  package var layerScaleInitial: Double?
  package var mlpBias: Bool
  package var patchBias: Bool
  package var channels: Int
  package var patchSize: Int
  package var temporalPatchSize: Int
  /// Native image side in pixels, when the position table implies one.
  package var imageSize: Int?
  package var position: PositionKind
  /// How the position table meets other grids than its own; `nil` is `bicubic`.
  package var positionResampling: PositionResampling?
  /// Base of the rotary frequencies when `position` is rotary.
  package var ropeTheta: Double?
  package var hasClassToken: Bool
  /// The position table starts with a row for the class token; `nil` is yes (timm's DINOv2 with registers: no).
  package var classTokenHasPosition: Bool?
  /// Learned tokens without a position between class token and patches (DINOv2 with registers); `nil` is none.
  package var registers: Int?
  /// LayerNorm between embeddings and block 0 (CLIP).
  package var hasPreNorm: Bool
  /// Norm after the last block that is part of the encoder (not of the projector).
  package var hasFinalNorm: Bool
  package var pooling: PoolingKind
  /// Side of an attention window in pixels; `nil` is full attention everywhere.
  package var windowSize: Int?
  /// Blocks that attend over the whole image although `windowSize` is set.
  package var fullAttentionBlocks: [Int]
  /// Side of the patch square that becomes one language token; also the order in which patches are packed.
  package var spatialMergeSize: Int
  /// How its authors draw parameters before training; `nil` is `normal`.
  package var initialization: InitializationKind?
  /// Standard deviation of parameters drawn by that scheme where it says no other; `nil` is 0.02.
  package var initializerRange: Double?

  /// Tokens before the patches of an image: class token and registers.
  package var leadingTokens: Int { (hasClassToken ? 1 : 0) + (registers ?? 0) }

  /// Patches along one side of the native image, when the position table implies one.
  package var nativeGrid: Int? { imageSize.map { $0 / patchSize } }

  /// Values of one patch: channels x frames x rows x columns.
  package var patchValues: Int { channels * temporalPatchSize * patchSize * patchSize }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case depth, width, heads, mlpWidth, mlp, activation, norm, normEpsilon, attentionBias,
      attentionKeyBias, attentionOutputBias, queryKeyNorm, layerScale, layerScaleInitial, mlpBias, patchBias, channels,
      patchSize,
      temporalPatchSize, imageSize, position, positionResampling, ropeTheta, hasClassToken,
      classTokenHasPosition, registers,
      hasPreNorm, hasFinalNorm, pooling, windowSize, fullAttentionBlocks, spatialMergeSize,
      initialization, initializerRange
  }
}
