internal import Synchronization
package import Tensors

/// Counts bytes from all threads and tells a handler a few times a second.
///
/// What is counted may be more than what a user knows of (sources are read beside the result); `shown` is the whole in
/// his terms.
package final class ProgressMeter: Sendable {
  private let activity: String
  private let total: Int
  private let shown: Int
  private let handler: ProgressHandler?
  private let completed = Atomic<Int>(0)
  private let nextReport = Mutex(ContinuousClock.now)

  package init(activity: String, total: Int, shown: Int? = nil, handler: ProgressHandler?) {
    self.activity = activity
    self.total = total
    self.shown = shown ?? total
    self.handler = handler
  }

  package func add(_ count: Int) {
    let now = completed.wrappingAdd(count, ordering: .relaxed).newValue
    guard let handler else { return }
    let isDue = nextReport.withLock { next in
      let time = ContinuousClock.now
      guard time >= next else { return false }
      next = time + .milliseconds(200)
      return true
    }
    if isDue { handler(report(now)) }
  }

  package func finish() { handler?(report(total)) }

  private func report(_ completed: Int) -> ProgressReport {
    let part = total == shown ? completed : Int(Double(completed) / Double(max(total, 1)) * Double(shown))
    return ProgressReport(activity: activity, completed: part, total: shown, unit: .bytes)
  }
}
