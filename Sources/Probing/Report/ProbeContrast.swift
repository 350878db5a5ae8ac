public import Statistics

/// A difference of scores that stands for what one module loses.
public struct ProbeContrast: Encodable, Sendable, Equatable {
  /// Name of the target.
  public var target: String
  /// The module whose loss it is.
  public var module: ProbeModule
  /// `S(O,L*) - S(E,L*)`.
  public var formula: String
  /// The difference in R2.
  public var value: Double
  /// Simultaneous over all contrasts of all targets.
  public var interval: Interval
  /// This contrast minus the other one (of several the one that it stands least clear of), with its interval; `nil` when
  /// there is no other.
  public var advantage: Double?
  /// As `interval`, of the advantage.
  public var advantageInterval: Interval?
  /// The same difference with mean readouts only.
  public var meanValue: Double
  /// The same difference with grid readouts only.
  public var gridValue: Double

  package init(
    target: String, module: ProbeModule, formula: String, value: Double, interval: Interval,
    advantage: Double? = nil, advantageInterval: Interval? = nil, meanValue: Double, gridValue: Double
  ) {
    self.target = target
    self.module = module
    self.formula = formula
    self.value = value
    self.interval = interval
    self.advantage = advantage
    self.advantageInterval = advantageInterval
    self.meanValue = meanValue
    self.gridValue = gridValue
  }
}
