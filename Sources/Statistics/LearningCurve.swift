package import Tensors

/// How well sets of feature blocks read the targets when there are fewer episodes to train on; all are tested.
package struct LearningCurve: Sendable {
  package struct Point: Sendable {
    /// Trained on for one outer fold, on average.
    package let episodes: Double
    /// By target.
    package let r2: [Double]
    /// [groups, targets]: the same without each group of episodes; see `KernelSets.Score`.
    package let deleted: Matrix

    /// Standard errors of `r2`, over episodes.
    package var spreads: [Double] { r2.indices.map { MaxT.spread(deleted: deleted.column($0)) } }

    /// What this point reads less what another of the same curve or of another one does, with its standard error.
    package func difference(from other: Point, target: Int) -> (value: Double, spread: Double) {
      let deleted = zip(deleted.column(target), other.deleted.column(target)).map { $0 - $1 }
      return (r2[target] - other.r2[target], MaxT.spread(deleted: deleted))
    }
  }

  /// Of each target the ascending shares' scores, the last with all episodes.
  package let points: [Point]

  package static let shares = [0.25, 0.5, 0.75]

  /// A curve for each of `scores`, from the same draws of episodes.
  ///
  /// Lambda is chosen anew for each share, in inner folds of what is trained on, and so is the kernel among those that some target
  /// chose most often with all episodes. A share is drawn so often that about every episode has its turn, and averaged.
  ///
  /// - Parameters:
  ///   - scores: those of all episodes.
  ///   - tasks: of each episode.
  ///   - shares: ascending; one that leaves a training set with fewer than two episodes is left out.
  ///   - advance: told after each draw how many are done, and of how many.
  package static func of(
    _ scores: [KernelSets.Score], _ ridge: KernelRidge, groups: [[Int]], tasks: [Int], seed: UInt64,
    shares: [Double] = LearningCurve.shares, advance: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(VLMError) -> [LearningCurve] {
    func draws(_ share: Double) -> Int { Int((1 / share).rounded(.down)) }
    let all = shares.reduce(0) { $0 + draws($1) }
    var done = 0
    let candidates = scores.map { score in
      let favourites = Set(score.r2.indices.map { target in favourite(score.choices.map { $0[target] }) })
      return score.candidates.filter(favourites.contains)
    }
    var points = scores.map { _ in [Point]() }
    for share in shares {
      var found: [(folds: EpisodeFolds, scores: [KernelSets.Score])] = []
      for draw in 0..<draws(share) {
        defer {
          done += 1
          advance(done, all)
        }
        let folds = ridge.folds.thinned(to: share, tasks: tasks, seed: seed &+ UInt64(draw))
        guard isTrainable(folds) else { continue }
        let sets = try KernelSets(
          ridge.training(with: folds), candidates: candidates.joined(), groups: groups)
        found.append((folds, try sets.scores(candidates)))
      }
      guard let folds = found.first?.folds else { continue }
      for place in scores.indices { points[place].append(point(found.map { $0.scores[place] }, folds)) }
    }
    return zip(points, scores).map { LearningCurve(points: $0 + [point([$1], ridge.folds)]) }
  }

  /// How many episodes an interval would be narrow enough with that is `halfWidth` on either side with `episodes`: spreads fall
  /// with the root of their number, and faster where more episodes also read more, so that this is rather too many.
  package static func episodes(forHalfWidth wanted: Double, from halfWidth: Double, with episodes: Int) -> Int
  {
    precondition(wanted > 0)
    let ratio = max(1, halfWidth / wanted)
    return Int(min(Double(episodes) * ratio * ratio, 1e9).rounded(.up))
  }

  /// What most of the folds chose.
  private static func favourite(_ choices: [KernelSets.Choice]) -> KernelRidge.Candidate {
    let candidates = choices.map(\.candidate)
    return candidates.max { left, right in
      candidates.count { $0 == left } < candidates.count { $0 == right }
    }!
  }

  private static func isTrainable(_ folds: EpisodeFolds) -> Bool {
    let left = (0..<folds.count).map { fold in
      folds.ofEpisode.indices.count { folds.ofEpisode[$0] == fold && folds.isTrained[$0] }
    }
    return left.reduce(0, +) - left.sorted().suffix(2).reduce(0, +) >= 2
  }

  /// The average of draws of one share.
  private static func point(_ draws: [KernelSets.Score], _ folds: EpisodeFolds) -> Point {
    let trained = folds.isTrained.count { $0 }
    var r2 = draws[0].r2
    var deleted = draws[0].deleted
    for draw in draws.dropFirst() {
      for target in r2.indices { r2[target] += draw.r2[target] }
      deleted += draw.deleted
    }
    deleted.scale(by: 1 / Double(draws.count))
    return Point(
      episodes: Double(trained) * Double(folds.count - 1) / Double(folds.count),
      r2: r2.map { $0 / Double(draws.count) }, deleted: deleted)
  }
}
