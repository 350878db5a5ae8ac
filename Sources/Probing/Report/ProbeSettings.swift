internal import Statistics

/// Everything that decides the numbers besides the checkpoint and the data.
public struct ProbeSettings: Codable, Sendable, Equatable {
  /// Decides folds, permutations, control labels and the random encoder.
  public var seed: UInt64 = 0
  /// By whole episodes.
  public var folds = 5
  /// Cells a side of the grid readout.
  public var gridSide = 4
  /// Cells a side of the pixel stage.
  public var pixelGridSide = 16
  /// Multiples of tr(A)/p that the inner folds choose from.
  public var lambdas = NestedRidge.defaultLambdas
  /// Of episode blocks, for the null.
  public var permutations = 249
  /// Whether to find how many bits features save in an online code.
  public var bits = false
  /// Whether the modules' outputs are also read by a learned query.
  public var attends = false
  /// Of every interval.
  public var confidence = 0.95
  /// Smallest difference of R2 worth naming.
  public var margin = 0.02
  /// The margin as a share of ceiling - floor, when that is more.
  public var marginShare = 0.05
  /// A permutation p must be below this.
  public var significance = 0.01
  /// Fewer give no verdict.
  public var minimumEpisodes = 20
  /// Directions in which the permutation null is run: leading principal components, no label used.
  public var nullRank = 64
  /// Directions whose weights an episode left out moves, the leading ones of a training fold; the rest keep theirs.
  public var refitRank = 64
  /// Seed of the randomly initialised encoder.
  public var randomInitSeed: UInt64 = 1

  /// The defaults of `vlmtool probe encoder`.
  public init() {}
}
