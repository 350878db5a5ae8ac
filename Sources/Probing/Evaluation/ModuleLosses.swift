package import Statistics

/// What every module loses of every target, with intervals that hold for all of them, and for all their differences, together.
///
/// A loss is 0 with every episode and without where the inner folds never chose the block before the module, but need not be in
/// other data. What that block adds when it is forced in tells how well a loss could have been seen (the spread is the larger of
/// the two), and how large one can be (the upper end is the lower of the two, but a thousandth above the loss at least).
package enum ModuleLosses {
  /// R2 that nobody reads a difference of.
  private static let resolution = 0.001

  package struct Estimate: Sendable {
    package let value: Double
    package let interval: Interval
  }

  package struct Loss: Sendable {
    package let value: Double
    package let interval: Interval
    /// Less each other module's loss, in their order.
    package let differences: [Estimate]

    /// That of these which it stands least clear of; `nil` where there is no other module.
    package var advantage: Estimate? { differences.min { $0.interval.lower < $1.interval.lower } }
  }

  /// By target and module, from the leave-one-episode-out scores of `scores`.
  ///
  /// - Parameter modules: how many are judged of each target, from the first on.
  package static func of(
    _ scores: LadderScores, modules: [Int], confidence: Double, seed: UInt64
  ) -> [[Loss]] {
    /// A loss, its forced twin, or its difference from another module's.
    enum Kind: Equatable { case own, forced, less(Int) }
    struct Member {
      let target: Int
      let module: Int
      let kind: Kind
    }
    let family = modules.enumerated().flatMap { target, count in
      (0..<count).flatMap { module in
        [
          Member(target: target, module: module, kind: .own),
          Member(target: target, module: module, kind: .forced),
        ]
          + (0..<count).filter { $0 != module }.map {
            Member(target: target, module: module, kind: .less($0))
          }
      }
    }
    let estimates = family.map { member in
      switch member.kind {
      case .own: scores.loss(member.module, member.target)
      case .forced: scores.forcedLoss(member.module, member.target)
      case .less(let other): scores.loss(member.module, member.target) - scores.loss(other, member.target)
      }
    }
    let columns = family.map { member in
      switch member.kind {
      case .own: scores.deletedLoss(member.module, member.target)
      case .forced: scores.deletedForcedLoss(member.module, member.target)
      case .less(let other):
        zip(scores.deletedLoss(member.module, member.target), scores.deletedLoss(other, member.target)).map {
          $0 - $1
        }
      }
    }
    let intervals = MaxT.intervals(
      estimates, deleted: .beside(columns: columns), confidence: confidence, seed: seed)
    return modules.enumerated().map { target, count in
      (0..<count).map { module in
        let own = family.indices.filter { family[$0].target == target && family[$0].module == module }
        let (value, interval, forced) = (estimates[own[0]], intervals[own[0]], intervals[own[1]])
        return Loss(
          value: value,
          interval: Interval(
            lower: interval.lower, upper: max(value + resolution, min(interval.upper, forced.upper))),
          differences: own.dropFirst(2).map { Estimate(value: estimates[$0], interval: intervals[$0]) })
      }
    }
  }
}
