internal import Foundation
internal import Statistics

/// Everything that decides the numbers besides the checkpoint and the data.
public struct ProbeSettings: Codable, Sendable, Equatable {
  /// Decides folds, permutations, resamples, control labels and the random encoder.
  public var seed: UInt64
  public var folds: Int
  /// Cells a side of the grid readout.
  public var gridSide: Int
  /// Cells a side of the pixel stage.
  public var pixelGridSide: Int
  /// Multiples of tr(A)/p that the inner folds choose from.
  public var lambdas: [Double]
  public var permutations: Int
  public var resamples: Int
  public var confidence: Double
  /// Smallest difference of R2 worth naming.
  public var margin: Double
  /// The margin as a share of ceiling - floor, when that is more.
  public var marginShare: Double
  /// A permutation p must be below this.
  public var significance: Double
  public var minimumEpisodes: Int
  /// Directions in which the permutation null is run: leading principal components, no label used.
  public var nullRank: Int
  /// Directions in which bootstrap refits move, the leading ones of a training fold; the rest keep theirs.
  public var refitRank: Int
  /// Seed of the randomly initialised encoder.
  public var randomInitSeed: UInt64

  package init(
    seed: UInt64 = 0, folds: Int = 5, gridSide: Int = 4, pixelGridSide: Int = 16,
    lambdas: [Double] = NestedRidge.defaultLambdas, permutations: Int = 249, resamples: Int = 500,
    confidence: Double = 0.95, margin: Double = 0.02, marginShare: Double = 0.05,
    significance: Double = 0.01, minimumEpisodes: Int = 20, nullRank: Int = 64, refitRank: Int = 64,
    randomInitSeed: UInt64 = 1
  ) {
    self.seed = seed
    self.folds = folds
    self.gridSide = gridSide
    self.pixelGridSide = pixelGridSide
    self.lambdas = lambdas
    self.permutations = permutations
    self.resamples = resamples
    self.confidence = confidence
    self.margin = margin
    self.marginShare = marginShare
    self.significance = significance
    self.minimumEpisodes = minimumEpisodes
    self.nullRank = nullRank
    self.refitRank = refitRank
    self.randomInitSeed = randomInitSeed
  }
}
