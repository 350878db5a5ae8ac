/// A closed range that holds the true value with the confidence the settings name.
public struct Interval: Codable, Sendable, Equatable {
  /// Where it begins.
  public var lower: Double
  /// Where it ends.
  public var upper: Double

  package init(
    lower: Double, upper: Double
  ) {
    self.lower = lower
    self.upper = upper
  }

  package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  package var negated: Interval { Interval(lower: -upper, upper: -lower) }
}
