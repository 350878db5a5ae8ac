


/// Intervals that hold all together with the stated confidence, from resamples of several estimates at once.
///
/// Each estimate is studentised by its own spread over resamples; the half-width is the quantile of the largest
/// absolute deviation (max-T). Deviations are taken from the mean over resamples: a refit sees about 63 % of the
/// episodes and scores a little lower for that alone, which is no uncertainty.
package enum MaxT {
  /// `resamples`: [resamples, estimates]. An estimate that no resample changes gets a point.
  package static func intervals(_ estimates: [Double], resamples: Matrix, confidence: Double) -> [Interval] {
    precondition(resamples.columns == estimates.count)
    guard !estimates.isEmpty else { return [] }
    let means = resamples.columnMeans()
    var centred = resamples
    centred.subtractFromRows(means)
    let spreads = centred.columnSquares().map { ($0 / Double(max(resamples.rows - 1, 1))).squareRoot() }
    let varying = spreads.indices.filter { spreads[$0] > 1e-12 * (1 + abs(estimates[$0])) }
    var largest = (0..<resamples.rows).map { row in
      varying.reduce(0.0) { max($0, abs(centred[row, $1]) / spreads[$1]) }
    }
    largest.sort()
    let position = Int((confidence * Double(resamples.rows)).rounded(.up))
    let critical = largest.isEmpty ? 0 : largest[min(max(position, 1), largest.count) - 1]
    return estimates.indices.map {
      Interval(lower: estimates[$0] - critical * spreads[$0], upper: estimates[$0] + critical * spreads[$0])
    }
  }
}
