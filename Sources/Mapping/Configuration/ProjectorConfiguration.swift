public enum ProjectorKind: String, Codable, Sendable {
  /// Norm, concatenation of `spatialMergeSize`² patches, then linear layers with an activation between.
  case merger
  /// Linear layers with an activation between (one layer: plain projection) on each token.
  case mlp
  /// One linear layer on the pooled embedding (CLIP's visual projection).
  case pooledLinear = "pooled_linear"
  /// Squares of patches folded into channels as `pixel_shuffle` of InternVL does, norm, then linear layers.
  case pixelShuffle = "pixel_shuffle"
  /// The same in the order of Idefics3 and SmolVLM.
  case pixelShuffleIdefics = "pixel_shuffle_idefics"
  /// Each token to unit length, one linear layer, then learned queries attend to tokens and themselves (Kosmos-2).
  case latentQueries = "latent_queries"
}

public struct ProjectorConfiguration: Codable, Sendable, Equatable {
  public var kind: ProjectorKind
  public var outputWidth: Int
  /// Output width of every linear layer in turn; the last is `outputWidth`.
  public var layerWidths: [Int]
  public var bias: Bool
  public var activation: ActivationKind
  public var norm: NormKind?
  public var normEpsilon: Double
  /// The norm runs over merged patches, not over each (InternVL; Qwen3-VL's DeepStack mergers); `nil` is no.
  public var normAfterMerge: Bool?
  /// Block whose output is projected, counted from the end when negative (-1 the last); `nil` is what the encoder ends in.
  public var featureBlock: Int?
  /// The class token (and registers) are left out; `nil` is no.
  public var dropsLeadingTokens: Bool?
  /// Vision blocks after which a merger of its own projects features for the first language blocks (Qwen3-VL).
  public var deepstackBlocks: [Int]?
  /// Learned queries of `latent_queries`, and the heads of their attention.
  public var latents: Int?
  public var latentHeads: Int?
  /// Tile layouts, `[height, width]` in pixels, of images cut into tiles (LLaVA-NeXT); tiles are put together again, cut to
  /// the image and each row ended with `projector.newline`.
  public var tileGrids: [[Int]]?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind, outputWidth, layerWidths, bias, activation, norm, normEpsilon, normAfterMerge, featureBlock,
      dropsLeadingTokens, deepstackBlocks, latents, latentHeads, tileGrids
  }
}
