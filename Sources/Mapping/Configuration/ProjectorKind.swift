/// A projector: what it takes of an encoder, and the layers from there to the width of the language model.
///
/// Parameters, what sizes are refused, and the runtime's forward pass follow from the layers. To add one: a value in `all`.
package struct ProjectorKind: RawRepresentable, Codable, Sendable, Equatable {
  /// What is projected.
  package enum Input: Sendable {
    /// Tokens of patches that are packed in squares of `spatialMergeSize`².
    case packedTokens
    /// Tokens of patches in raster order, of which the projector makes the squares.
    case rasterTokens
    /// The one vector a tile that the encoder pools.
    case pooled
  }

  /// What family files and `config.json` call it.
  package let rawValue: String
  package let input: Input
  let layers: @Sendable (ProjectorConfiguration, VisionConfiguration) -> [ProjectorLayer]

  package init(
    _ id: String, of input: Input = .packedTokens,
    layers: @escaping @Sendable (ProjectorConfiguration, VisionConfiguration) -> [ProjectorLayer]
  ) {
    rawValue = id
    self.input = input
    self.layers = layers
  }

  package init?(rawValue: String) {
    guard let kind = Self.all.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = kind
  }

  package static func == (one: Self, other: Self) -> Bool { one.rawValue == other.rawValue }
}

extension ProjectorKind {
  package static let all = [
    merger, mlp, pooledLinear, pixelShuffle, pixelShuffleIdefics, averagePool, latentQueries,
  ]

  /// Norm, `spatialMergeSize`² patches to one row, then linear layers (Qwen2-VL).
  static let merger = ProjectorKind("merger") { $0.merging($1) + $0.linears }

  /// Linear layers on each token; one is a plain projection. Tiles are packed where a picture is cut into them.
  static let mlp = ProjectorKind("mlp") { projector, _ in
    projector.norms + projector.linears + (projector.tileGrids == nil ? [] : [.tilePacking("newline")])
  }

  /// Linear layers on the pooled embedding (CLIP's visual projection).
  static let pooledLinear = ProjectorKind("pooled_linear", of: .pooled) { projector, _ in
    projector.norms + projector.linears
  }

  /// Squares of patches folded into channels as `pixel_shuffle` of InternVL does, norm, then linear layers.
  static let pixelShuffle = ProjectorKind("pixel_shuffle", of: .rasterTokens) { $0.merging($1) + $0.linears }

  /// The same in the order of Idefics3 and SmolVLM.
  package static let pixelShuffleIdefics = ProjectorKind("pixel_shuffle_idefics", of: .rasterTokens) {
    $0.merging($1) + $0.linears
  }

  /// Squares of patches become their means, norm, then linear layers (Gemma 3).
  static let averagePool = ProjectorKind("average_pool", of: .rasterTokens) { projector, vision in
    [.pool(side: vision.spatialMergeSize)] + projector.norms + projector.linears
  }

  /// Each token to unit length, linear, then learned queries attend to tokens and themselves (Kosmos-2).
  static let latentQueries = ProjectorKind("latent_queries") { projector, _ in
    projector.norms + [.unitLength] + projector.linears
      + [.latentQueries("latents", count: projector.latents ?? 0, attention: "attention", heads: projector.latentHeads ?? 0)]
  }
}
