public import Features
public import Statistics

/// What the second checkpoint costs at one stage: the first's score minus the second's, on the same episodes.
public struct ProbeComparison: Codable, Sendable, Equatable {
  /// Name of the stage.
  public var stage: String
  /// How its tokens became one vector.
  public var readout: Readout
  /// Name of the target.
  public var target: String
  /// R2 of the first checkpoint.
  public var first: Double
  /// R2 of the second.
  public var second: Double
  /// first - second; positive when the second is worse.
  public var cost: Double
  /// Simultaneous over all rows of the comparison.
  public var interval: Interval
  /// What may be said of it.
  public var outcome: Outcome
  /// "costs nothing measurable (at most 0.004 R2)".
  public var sentence: String

  package init(
    stage: String, readout: Readout, target: String, first: Double, second: Double,
    cost: Double, interval: Interval, outcome: Outcome, sentence: String
  ) {
    self.stage = stage
    self.readout = readout
    self.target = target
    self.first = first
    self.second = second
    self.cost = cost
    self.interval = interval
    self.outcome = outcome
    self.sentence = sentence
  }

  /// Where the interval lies.
  public enum Outcome: String, Codable, Sendable {
    /// The whole interval lies below the margin.
    case nothingMeasurable
    /// The whole interval lies above the margin.
    case costs
    /// The interval holds the margin.
    case undecided
  }
}
