/// How far a long operation has come; `completed` and `total` are in `unit`.
public struct ProgressReport: Sendable {
  /// What is counted.
  public enum Unit: String, Sendable { case bytes, images, steps }
  /// What is being done, for people.
  public package(set) var activity: String
  /// How much of it is done, of `total`.
  public let completed: Int
  /// How much there is to do.
  public let total: Int
  /// What `completed` and `total` count.
  public let unit: Unit
  /// What comes after this activity before all is done, in the same unit; an estimate.
  public package(set) var later: Double

  package init(activity: String, completed: Int, total: Int, unit: Unit, later: Double = 0) {
    self.activity = activity
    self.completed = completed
    self.total = total
    self.unit = unit
    self.later = later
  }
}

/// Receives progress from any thread, at most a few times a second per operation.
public typealias ProgressHandler = @Sendable (ProgressReport) -> Void
