internal import Foundation
package import Tensors

/// How well sets of feature blocks read the targets when there are fewer episodes to train on; all are tested.
package struct LearningCurve: Sendable {
  package struct Point: Sendable {
    /// Trained on for one outer fold, on average.
    package let episodes: Double
    /// By target.
    package let r2: [Double]
    /// Standard errors of `r2`, over episodes.
    package let spreads: [Double]
  }

  /// Of each target the ascending shares' scores, the last with all episodes.
  package let points: [Point]

  package static let shares = [0.25, 0.5, 0.75]

  /// Chooses set, kernel and lambda anew for each share, in inner folds of what is trained on.
  ///
  /// - Parameters:
  ///   - score: that of all episodes, whose candidates are chosen among.
  ///   - tasks: of each episode.
  ///   - shares: ascending; one that leaves a training set with fewer than two episodes is left out.
  package init(
    _ ridge: KernelRidge, _ score: KernelSets.Score, groups: [[Int]], tasks: [Int], seed: UInt64,
    shares: [Double] = LearningCurve.shares
  ) throws(VLMError) {
    var points: [Point] = []
    for share in shares {
      let folds = ridge.folds.thinned(to: share, tasks: tasks, seed: seed)
      guard Self.isTrainable(folds) else { continue }
      let sets = try KernelSets(ridge.training(with: folds), candidates: score.candidates, groups: groups)
      points.append(Self.point(try sets.scores([score.candidates])[0], folds))
    }
    self.points = points + [Self.point(score, ridge.folds)]
  }

  /// How many episodes an interval would be narrow enough with that is `halfWidth` on either side with `episodes`: spreads fall
  /// with the root of their number, and faster where more episodes also read more, so that this is rather too many.
  package static func episodes(forHalfWidth wanted: Double, from halfWidth: Double, with episodes: Int) -> Int
  {
    precondition(wanted > 0)
    let ratio = max(1, halfWidth / wanted)
    return Int(min(Double(episodes) * ratio * ratio, 1e9).rounded(.up))
  }

  private static func isTrainable(_ folds: EpisodeFolds) -> Bool {
    let left = (0..<folds.count).map { fold in
      folds.ofEpisode.indices.count { folds.ofEpisode[$0] == fold && folds.isTrained[$0] }
    }
    return left.reduce(0, +) - left.sorted().suffix(2).reduce(0, +) >= 2
  }

  private static func point(_ score: KernelSets.Score, _ folds: EpisodeFolds) -> Point {
    let trained = folds.isTrained.count { $0 }
    return Point(
      episodes: Double(trained) * Double(folds.count - 1) / Double(folds.count), r2: score.r2,
      spreads: score.r2.indices.map { MaxT.spread(deleted: score.deleted.column($0)) })
  }
}
