internal import Foundation
public import Statistics

/// What a module costs in a unit of the target: the error of predictions with the loss and without.
public struct UnitLoss: Encodable, Sendable, Equatable {
  /// What errors are told in.
  public var unit: ErrorUnit
  /// The error from what stands before the module.
  public var before: Double
  /// The error from what is left after it.
  public var after: Double
  /// Of `after - before`, simultaneous over all modules, targets and units, from the same predictions without each episode
  /// that the interval of the loss in R2 is from.
  public var interval: Interval

  package init(unit: ErrorUnit, before: Double, after: Double, interval: Interval) {
    self.unit = unit
    self.before = before
    self.after = after
    self.interval = interval
  }
}

/// In words, roots of mean squares being what something is told to within.
extension UnitLoss {
  /// `to within 12.1 mm instead of 7.3 mm`
  package var told: String {
    let words = unit == .shareWrong ? "wrong in" : "to within"
    // What a share is of is said once.
    let short = suffix.hasPrefix(" %") ? " %" : suffix
    return "\(words) \(text(after))\(suffix) instead of \(text(before))\(short)"
  }

  /// `3.2 to 6.4 mm more`
  package var more: String { "\(text(interval.lower)) to \(text(interval.upper))\(suffix) more" }

  /// `7.3 → 12.1 mm`
  package var change: String { "\(text(before)) → \(text(after))\(suffix)" }

  private var suffix: String {
    switch unit {
    case .millimetres: " mm"
    case .degrees: "°"
    case .shareOfRange: " % of its range"
    case .shareWrong: " % of frames"
    case .recorded: ""
    }
  }

  /// Three digits of the larger error.
  private func text(_ value: Double) -> String {
    let largest = max(before, after)
    let places = largest >= 100 ? 0 : largest >= 10 ? 1 : largest >= 1 ? 2 : 3
    let text = String(format: "%.\(places)f", value)
    return text.allSatisfy { "-0.".contains($0) } ? String(text.drop { $0 == "-" }) : text
  }
}
