/// How long one part took.
public struct ProbeTiming: Codable, Sendable, Equatable {
  public var activity: String
  public var seconds: Double

  package init(
    activity: String, seconds: Double
  ) {
    self.activity = activity
    self.seconds = seconds
  }
}
