package import Statistics

/// A figure over frames with the interval that its groups of episodes allow.
package struct ClusterEstimate: Sendable, Equatable, Codable {
  package let value: Double
  package let interval: Interval

  /// A ratio of sums over groups, such as a mean over frames, with the interval of the jackknife that leaves out a group at a time.
  ///
  ///     s^2 = (G - 1) / G sum (r_g - mean r)^2,   value ± t s      t of Student with G - 1 degrees, two-sided 95 %
  ///
  /// - Parameters:
  ///   - parts: numerator and denominator of each group; a group without frames is left out.
  ///   - transform: of the ratio, such as a root.
  package init?(_ parts: [(sum: Double, count: Double)], _ transform: (Double) -> Double = { $0 }) {
    let parts = parts.filter { $0.count > 0 }
    guard parts.count > 1 else { return nil }
    let (sum, count) = parts.reduce((0, 0)) { ($0.0 + $1.sum, $0.1 + $1.count) }
    let value = transform(sum / count)
    let without = parts.map { transform((sum - $0.sum) / (count - $0.count)) }
    let mean = without.reduce(0, +) / Double(without.count)
    let groups = Double(parts.count)
    let variance = without.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * (groups - 1) / groups
    let half = StudentT.quantile(0.975, degrees: parts.count - 1) * variance.squareRoot()
    self.value = value
    interval = Interval(lower: value - half, upper: value + half)
  }
}
