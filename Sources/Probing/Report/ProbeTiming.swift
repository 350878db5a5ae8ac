/// How long one part took.
package struct ProbeTiming: Codable, Sendable, Equatable {
  package var activity: String
  package var seconds: Double

  package init(
    activity: String, seconds: Double
  ) {
    self.activity = activity
    self.seconds = seconds
  }
}
