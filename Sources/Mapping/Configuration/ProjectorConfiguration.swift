/// What a family says of its projector; which of it matters, and how, the kind says.
package struct ProjectorConfiguration: Codable, Sendable, Equatable {
  package var kind: ProjectorKind
  package var outputWidth: Int
  /// Output width of every linear layer in turn; the last is `outputWidth`.
  package var layerWidths: [Int]
  package var bias: Bool
  package var activation: ActivationKind
  package var norm: NormKind?
  package var normEpsilon: Double
  /// The norm multiplies by `1 + weight` (Gemma 3); `nil` is no.
  package var unitOffsetNorm: Bool?
  /// The norm runs over merged patches, not over each (InternVL; Qwen3-VL's DeepStack mergers); `nil` is no.
  package var normAfterMerge: Bool?
  /// Block whose output is projected, counted from the end when negative (-1 the last); `nil` is what the encoder ends in.
  package var featureBlock: Int?
  /// The class token (and registers) are left out; `nil` is no.
  package var dropsLeadingTokens: Bool?
  /// Vision blocks after which a merger of its own projects features for the first language blocks (Qwen3-VL).
  package var deepstackBlocks: [Int]?
  /// Learned queries of `latent_queries`, and the heads of their attention.
  package var latents: Int?
  package var latentHeads: Int?
  /// Tile layouts, `[height, width]` in pixels, of images cut into tiles (LLaVA-NeXT); tiles are put together again, cut to
  /// the image and each row ended with `projector.newline`.
  package var tileGrids: [[Int]]?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind, outputWidth, layerWidths, bias, activation, norm, normEpsilon, unitOffsetNorm, normAfterMerge, featureBlock,
      dropsLeadingTokens, deepstackBlocks, latents, latentHeads, tileGrids
  }
}

extension ProjectorConfiguration {
  /// The projector itself, then the mergers of DeepStack: what their parameters' names start with, and their layers.
  package func stacks(on vision: VisionConfiguration) -> [(root: String, layers: [ProjectorLayer])] {
    var merger = self
    merger.normAfterMerge = true
    return [("projector", kind.layers(self, vision))]
      + (deepstackBlocks ?? []).indices.map { ("projector.deepstack.\($0)", merger.kind.layers(merger, vision)) }
  }

  // MARK: What kinds compose

  /// The norm, where there is one.
  var norms: [ProjectorLayer] { norm.map { [.norm("norm", $0, epsilon: normEpsilon, unitOffset: unitOffsetNorm ?? false)] } ?? [] }

  /// Squares of patches to rows, with the norm before or after.
  func merging(_ vision: VisionConfiguration) -> [ProjectorLayer] {
    let merge = ProjectorLayer.merge(side: vision.spatialMergeSize)
    return normAfterMerge == true ? [merge] + norms : norms + [merge]
  }

  /// Linear layers with the activation between.
  var linears: [ProjectorLayer] {
    layerWidths.enumerated().map { index, width in
      .linear("layers.\(index)", outputs: width, bias: bias, index < layerWidths.count - 1 ? activation : nil)
    }
  }
}
