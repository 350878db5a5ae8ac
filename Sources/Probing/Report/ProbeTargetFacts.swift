/// A quantity that the probes try to read out.
public struct ProbeTargetFacts: Codable, Sendable, Equatable {
  /// As on the command line: the id of a `ProbeTarget`.
  public var name: String
  /// For titles: "end-effector position".
  public var title: String
  /// Columns probed.
  public var columns: [String]
  /// Columns of the data left out because they never change.
  public var constantColumns: [String]
  /// Data set it comes from.
  public var source: String
  /// What errors in it are told in.
  public var units: [ErrorUnit]
  /// Names of what B holds for this target (time, previous action, proprioception unless it is the target).
  public var baseline: [String]

  package init(
    name: String, title: String, columns: [String], constantColumns: [String], source: String,
    units: [ErrorUnit], baseline: [String]
  ) {
    self.name = name
    self.title = title
    self.columns = columns
    self.constantColumns = constantColumns
    self.source = source
    self.units = units
    self.baseline = baseline
  }
}
