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
  /// Output width of every linear layer in turn; the last is `outputWidth`.
  public var layerWidths: [Int]
  public var bias: Bool
  public var activation: ActivationKind
  public var norm: NormKind?
  public var normEpsilon: Double

  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind, outputWidth, layerWidths, bias, activation, norm, normEpsilon
  }
}
