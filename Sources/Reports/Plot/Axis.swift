internal import Foundation

/// Round values at which an axis is marked.
package struct Axis: Sendable, Equatable {
  package let ticks: [Double]
  package let places: Int

  /// Marks at multiples of 1, 2 or 5 times a power of ten that lie in `domain`, about `count` of them.
  package init(_ domain: ClosedRange<Double>, count: Int) {
    let step = Axis.step(domain, count: count)
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    ticks = last >= first ? stride(from: first, through: last, by: 1).map { $0 * step } : []
    places = max(0, Int(-(log10(step) + 1e-9).rounded(.down)))
  }

  /// `domain` widened to the next marks on both sides.
  package static func rounded(_ domain: ClosedRange<Double>, count: Int) -> ClosedRange<Double> {
    let step = step(domain, count: count)
    let lower = (domain.lowerBound / step + 1e-9).rounded(.down) * step
    let upper = (domain.upperBound / step - 1e-9).rounded(.up) * step
    return lower...max(lower, upper)
  }

  package func label(_ tick: Double) -> String {
    Figure.decimal(tick, places: places).replacing("-", with: "\u{2212}")
  }

  private static func step(_ domain: ClosedRange<Double>, count: Int) -> Double {
    let span = domain.upperBound - domain.lowerBound
    guard span > 0, span.isFinite else { return 1 }
    let rough = span / Double(max(1, count))
    let magnitude = pow(10, log10(rough).rounded(.down))
    let fraction = rough / magnitude
    return magnitude * (fraction < 1.5 ? 1 : fraction < 3.5 ? 2 : fraction < 7.5 ? 5 : 10)
  }
}
