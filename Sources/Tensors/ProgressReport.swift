/// How far a long operation has come; `completed` and `total` are in `unit`.
public struct ProgressReport: Sendable {
  public enum Unit: String, Sendable { case bytes, images, steps }
  public let activity: String
  public let completed: Int
  public let total: Int
  public let unit: Unit
  /// What comes after this activity before all is done, in the same unit; an estimate.
  public let later: Double

  public init(activity: String, completed: Int, total: Int, unit: Unit, later: Double = 0) {
    self.activity = activity
    self.completed = completed
    self.total = total
    self.unit = unit
    self.later = later
  }
}

/// Receives progress from any thread, at most a few times a second per operation.
public typealias ProgressHandler = @Sendable (ProgressReport) -> Void
