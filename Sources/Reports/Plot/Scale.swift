internal import Foundation

/// A straight map from values to positions on paper.
package struct Scale: Sendable, Equatable {
  package let domain: ClosedRange<Double>
  /// Where the ends of `domain` lie; the first may be greater than the second, as on a y axis.
  package let from: Double
  package let to: Double

  package init(_ domain: ClosedRange<Double>, from: Double, to: Double) {
    self.domain = domain
    self.from = from
    self.to = to
  }

  package func callAsFunction(_ value: Double) -> Double {
    let span = domain.upperBound - domain.lowerBound
    return span > 0 ? from + (value - domain.lowerBound) / span * (to - from) : (from + to) / 2
  }

  /// The position of `value`, moved to the nearer end when it lies outside `domain`.
  package func clamped(_ value: Double) -> Double {
    self(min(max(value, domain.lowerBound), domain.upperBound))
  }
}
