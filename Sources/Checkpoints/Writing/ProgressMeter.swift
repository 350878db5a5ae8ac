internal import Synchronization
package import Tensors

/// Counts bytes from all threads and tells a handler a few times a second.
package final class ProgressMeter: Sendable {
  private let activity: String
  private let total: Int
  private let handler: ProgressHandler?
  private let completed = Atomic<Int>(0)
  private let nextReport = Mutex(ContinuousClock.now)

  package init(activity: String, total: Int, handler: ProgressHandler?) {
    self.activity = activity
    self.total = total
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
    ProgressReport(activity: activity, completed: completed, total: total, unit: .bytes)
  }
}
