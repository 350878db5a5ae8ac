package import Statistics

/// What every module loses of every target, with intervals that hold for all of them, and for all their differences, together.
package enum ModuleLosses {
  package struct Estimate: Sendable {
    package let value: Double
    package let interval: Interval
  }

  package struct Loss: Sendable {
    package let value: Double
    package let interval: Interval
    /// Less the other module's loss that it stands least clear of; `nil` where there is no other.
    package let advantage: Estimate?
  }

  /// By target and module, from the leave-one-episode-out scores of `scores`.
  ///
  /// - Parameter modules: how many are judged of each target, from the first on.
  package static func of(
    _ scores: LadderScores, modules: [Int], confidence: Double, seed: UInt64
  ) -> [[Loss]] {
    /// A loss, or (with `other`) its difference from another module's.
    struct Member {
      let target: Int
      let module: Int
      var other: Int?
    }
    let family = modules.enumerated().flatMap { target, count in
      (0..<count).flatMap { module in
        [Member(target: target, module: module)]
          + (0..<count).filter { $0 != module }.map { Member(target: target, module: module, other: $0) }
      }
    }
    let estimates = family.map { member in
      scores.loss(member.module, member.target) - (member.other.map { scores.loss($0, member.target) } ?? 0)
    }
    let columns = family.map { member in
      let own = scores.deletedLoss(member.module, member.target)
      guard let other = member.other else { return own }
      return zip(own, scores.deletedLoss(other, member.target)).map { $0 - $1 }
    }
    let episodes = columns.first?.count ?? 0
    var deleted = Matrix(episodes, family.count)
    for (index, column) in columns.enumerated() {
      for (episode, value) in column.enumerated() { deleted[episode, index] = value }
    }
    let intervals = MaxT.intervals(estimates, deleted: deleted, confidence: confidence, seed: seed)
    return modules.enumerated().map { target, count in
      (0..<count).map { module in
        let own = family.indices.filter { family[$0].target == target && family[$0].module == module }
        let others = own.filter { family[$0].other != nil }
          .map { Estimate(value: estimates[$0], interval: intervals[$0]) }
        return Loss(
          value: estimates[own[0]], interval: intervals[own[0]],
          advantage: others.min { $0.interval.lower < $1.interval.lower })
      }
    }
  }
}
