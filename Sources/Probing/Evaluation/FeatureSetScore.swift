package import Statistics

/// What one feature set scored on every target.
package struct FeatureSetScore: Sendable {
  package let width: Int
  /// Out-of-fold R2 by response column: the targets' columns; of the encoder's output, then the control tasks'.
  package let columnR2: [Double]
  /// Share of what the baseline leaves that the features explain, by target column.
  package let residualR2: [Double]
  /// Out-of-fold predictions, [frames, responses].
  package let predictions: Matrix
  /// Multiple of tr(A)/p by fold and group.
  package let lambdas: [[Double]]
  /// Error in the inner folds by fold and group.
  package let innerErrors: [[Double]]
  /// Squared errors without each group of episodes by outer fold, [groups, target columns]; empty where no intervals are wanted.
  package let deletedErrors: [Matrix]
  /// Squared errors by fold and residual column, and what they are measured against.
  package let residualErrors: Matrix
  package let residualTotals: Matrix
  /// By target, where it has classes that were read; and its control task's.
  package let classes: [NestedLogistic.Fit?]
  package let controlClasses: [NestedLogistic.Fit?]
  /// Bits a frame that the features save, by target; of one readout by itself, where that is asked for.
  package var savedBits: [Double]?

  /// R2 of a group of columns.
  package func r2(_ columns: [Int]) -> Double { RSquared.average(columns.map { columnR2[$0] }) }

  /// Takes each fold's and group's predictions from the set with the smaller inner error: a readout chosen without
  /// looking at the outer fold.
  package static func chosen(
    _ sets: [FeatureSetScore], groups: [[Int]], folds: EpisodeFolds, responses: Matrix
  ) -> FeatureSetScore {
    guard sets.count > 1 else { return sets[0] }
    var predictions = sets[0].predictions
    var lambdas = sets[0].lambdas
    var innerErrors = sets[0].innerErrors
    var deletedErrors = sets[0].deletedErrors
    var residualErrors = sets[0].residualErrors
    for fold in 0..<folds.count {
      for (group, columns) in groups.enumerated() {
        let best =
          sets.indices.min { sets[$0].innerErrors[fold][group] < sets[$1].innerErrors[fold][group] } ?? 0
        let set = sets[best]
        lambdas[fold][group] = set.lambdas[fold][group]
        innerErrors[fold][group] = set.innerErrors[fold][group]
        for column in columns {
          for frame in folds.frames[fold] { predictions[frame, column] = set.predictions[frame, column] }
          // Control tasks have neither.
          guard column < residualErrors.columns else { continue }
          residualErrors[fold, column] = set.residualErrors[fold, column]
          guard !set.deletedErrors.isEmpty else { continue }
          for left in 0..<folds.groupCount {
            deletedErrors[fold][left, column] = set.deletedErrors[fold][left, column]
          }
        }
      }
    }
    return FeatureSetScore(
      width: sets.map(\.width).max() ?? 0, columnR2: RSquared.columns(predictions, responses),
      residualR2: share(residualErrors, sets[0].residualTotals), predictions: predictions, lambdas: lambdas,
      innerErrors: innerErrors, deletedErrors: deletedErrors, residualErrors: residualErrors,
      residualTotals: sets[0].residualTotals,
      classes: chosen(sets.map(\.classes), folds), controlClasses: chosen(sets.map(\.controlClasses), folds))
  }

  /// By target, of the fits of each set.
  private static func chosen(_ sets: [[NestedLogistic.Fit?]], _ folds: EpisodeFolds) -> [NestedLogistic.Fit?]
  {
    sets[0].indices.map { target in
      let fits = sets.compactMap { $0[target] }
      return fits.isEmpty ? nil : NestedLogistic.Fit.chosen(fits, folds: folds)
    }
  }

  /// `1 - errors / totals`, both summed over folds.
  package static func share(_ errors: Matrix, _ totals: Matrix) -> [Double] {
    zip(errors.columnSums(), totals.columnSums()).map { $1 > 0 ? 1 - $0 / $1 : 0 }
  }
}
