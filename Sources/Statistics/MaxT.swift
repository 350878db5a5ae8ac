internal import Tensors

/// Intervals that hold all together with the stated confidence, for several estimates at once: each is studentised by its own
/// spread, and the half-width is a quantile of the largest absolute deviation (max-T).
package enum MaxT {
  /// From every estimate without each unit, an episode or a group of them: [units, estimates], the jackknife.
  ///
  /// The joint distribution is that of the units' influences weighted with Gaussian multipliers, over a spread with
  /// units - 1 degrees of freedom (Chernozhukov, Chetverikov and Kato 2013).
  package static func intervals(
    _ estimates: [Double], deleted: Matrix, confidence: Double, draws: Int = 4000, seed: UInt64
  ) -> [Interval] {
    precondition(deleted.columns == estimates.count)
    let units = deleted.rows
    guard !estimates.isEmpty, units > 1 else { return estimates.map { Interval(lower: $0, upper: $0) } }
    let influences = influences(deleted)
    let spreads = influences.columnSquares().map { $0.squareRoot() }
    var generator = SeededGenerator(seed: seed, purpose: "multipliers")
    var multipliers = Matrix(draws, units)
    for draw in 0..<draws {
      let freedom = (1..<units).reduce(0.0) { sum, _ in
        let normal = generator.normal()
        return sum + normal * normal
      }
      let scale = (Double(units - 1) / freedom).squareRoot()
      for unit in 0..<units { multipliers[draw, unit] = scale * generator.normal() }
    }
    let deviations = multipliers.times(influences)
    // An estimate that no unit changes gets a point.
    let varying = spreads.indices.filter { spreads[$0] > 1e-12 * (1 + abs(estimates[$0])) }
    var largest = (0..<draws).map { row in
      varying.reduce(0.0) { max($0, abs(deviations[row, $1]) / spreads[$1]) }
    }
    largest.sort()
    let position = Int((confidence * Double(draws)).rounded(.up))
    let critical = largest[min(max(position, 1), largest.count) - 1]
    return zip(estimates, spreads).map { Interval(lower: $0 - critical * $1, upper: $0 + critical * $1) }
  }

  /// The jackknife's standard error of an estimate, from what it is without each episode.
  package static func spread(deleted: [Double]) -> Double {
    influences(Matrix(deleted.count, 1, deleted)).columnSquares()[0].squareRoot()
  }

  /// Whose squares sum to the jackknife's variance, `(E - 1) / E` times those of the deviations: [units, estimates].
  private static func influences(_ deleted: Matrix) -> Matrix {
    var result = deleted
    result.subtractFromRows(deleted.columnMeans())
    result.scale(by: (Double(deleted.rows - 1) / Double(max(deleted.rows, 1))).squareRoot())
    return result
  }
}
