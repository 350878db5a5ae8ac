internal import Statistics

/// What every module loses of every target in the target's own units, beside `ModuleLosses` in R2.
enum UnitLosses {
  /// By target and module, one for each unit of the target.
  ///
  /// - Parameters:
  ///   - errors: what `scores` has measured, in that order.
  ///   - modules: how many are judged of each target, from the first on.
  static func of(
    _ scores: LadderScores, _ errors: [(target: Int, errors: UnitErrors)], modules: [Int], confidence: Double,
    seed: UInt64
  ) -> [[[UnitLoss]]] {
    struct Member {
      let measure: Int
      let module: Int
    }
    let family = errors.indices.flatMap { measure in
      (0..<modules[errors[measure].target]).map { Member(measure: measure, module: $0) }
    }
    func error(_ score: KernelSets.Score, _ measure: Int) -> Double {
      errors[measure].errors.unit.figure(score.measured[measure])
    }
    let differences = family.map { member in
      error(scores.from[member.module + 1], member.measure)
        - error(scores.from[member.module], member.measure)
    }
    let columns = family.map { member in
      scores.deletedLoss(member.module) { score in
        score.deletedMeasured.column(member.measure).map { -errors[member.measure].errors.unit.figure($0) }
      }
    }
    let intervals = MaxT.intervals(
      differences, deleted: .beside(columns: columns), confidence: confidence, seed: seed)
    return modules.enumerated().map { target, count in
      (0..<count).map { module in
        family.indices.filter { family[$0].module == module && errors[family[$0].measure].target == target }
          .map { index in
            let measure = family[index].measure
            return UnitLoss(
              unit: errors[measure].errors.unit, before: error(scores.from[module], measure),
              after: error(scores.from[module + 1], measure), interval: intervals[index])
          }
      }
    }
  }
}
