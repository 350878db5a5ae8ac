internal import Foundation
internal import Synchronization
package import Tensors

/// One line on stderr that says how far a long command is, and when it will be done.
///
/// Reports may come from any thread. On a terminal the line is drawn at most ten times a second and is gone after
/// `finish()`; elsewhere, as in the log of a batch system, a new one is written every minute, and none when all is done
/// sooner.
package final class ProgressLine: Sendable {
  private struct State: Sendable {
    var activity = ""
    var completed = 0
    var drawnAt: Double?
    var sampledAt = -Double.infinity
    var samples: [(time: Double, completed: Int)] = []
    var visible = false
  }

  private let state = Mutex(State())
  private let terminal: Terminal
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void

  /// `now` gives seconds of a clock that never goes back.
  package init(
    on terminal: Terminal = .detect(.error),
    now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime },
    write: @escaping @Sendable (String) -> Void = StandardStreams.remark
  ) {
    self.terminal = terminal
    self.now = now
    self.write = write
  }

  /// What long operations report to.
  package var handler: ProgressHandler { { report in self.update(report) } }

  package func update(_ report: ProgressReport) {
    let time = now()
    state.withLock { state in
      if state.activity != report.activity || report.completed < state.completed && report.completed == 0 {
        state.activity = report.activity
        state.samples = []
        state.completed = 0
        state.sampledAt = -.infinity
      }
      // Threads may report out of order; the line never runs backwards.
      state.completed = max(state.completed, report.completed)
      guard time - state.sampledAt >= 0.1 || report.completed >= report.total else { return }
      state.sampledAt = time
      state.samples.append((time, state.completed))
      state.samples.removeAll { time - $0.time > ProgressLine.window && $0.time != time }
      let isDue = terminal.interactive || time - (state.drawnAt ?? time) >= ProgressLine.logInterval
      if !terminal.interactive, state.drawnAt == nil { state.drawnAt = time }
      guard isDue else { return }
      state.drawnAt = time
      let text = ProgressLine.text(
        report.activity, completed: state.completed, total: report.total, unit: report.unit,
        rate: ProgressLine.rate(state.samples), later: report.later, on: terminal)
      state.visible = terminal.interactive
      write(terminal.interactive ? "\r" + text + "\u{1B}[K" : text + "\n")
    }
  }

  /// Clears the line; also call it before printing anything else.
  package func finish() {
    state.withLock { state in
      guard state.visible else { return }
      state = State()
      write("\r\u{1B}[K")
    }
  }

  /// The line for one report: activity, share done, bar, amount, rate and time to go, as far as they fit.
  ///
  /// - Parameters:
  ///   - rate: in units a second, `nil` while unknown.
  ///   - later: what comes after this activity, in its unit; the time to go is that of all.
  package static func text(
    _ activity: String, completed: Int, total: Int, unit: ProgressReport.Unit, rate: Double?,
    later: Double = 0, on terminal: Terminal
  ) -> String {
    let fraction = total > 0 ? min(1, Double(completed) / Double(total)) : 0
    let percent =
      String(repeating: " ", count: 3 - min(3, String(Int(fraction * 100)).count))
      + "\(Int(fraction * 100)) %"
    var parts = [amount(completed, unit) + " of " + amount(total, unit, withUnit: true)]
    if let rate, rate > 0 {
      parts.append(speed(rate, unit))
      parts.append(
        "ETA " + Figure.clock((Double(max(0, total - completed)) + later) / rate)
          + (later > 0 ? " in all" : ""))
    }
    let limit = (terminal.width ?? 80) - 1
    let name = activity.printable
    var line = "\(name)  \(percent)"
    let bar = "  " + Sparkline.bar(fraction, width: 20, on: terminal)
    let details = "  " + parts.joined(separator: "  ")
    if line.columns + details.columns <= limit {
      line = line.columns + bar.columns + details.columns <= limit ? line + bar + details : line + details
    } else if let eta = parts.last, line.columns + 2 + eta.columns <= limit {
      line += "  " + eta
    }
    return line.shortenedInMiddle(to: limit, ellipsis: terminal.unicode ? "…" : "...")
  }

  /// Seconds over which the rate is taken.
  private static let window = 8.0
  /// Seconds between the lines in a log.
  private static let logInterval = 60.0

  private static func rate(_ samples: [(time: Double, completed: Int)]) -> Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= 0.3 else {
      return nil
    }
    return Double(last.completed - first.completed) / (last.time - first.time)
  }

  private static func amount(_ value: Int, _ unit: ProgressReport.Unit, withUnit: Bool = false) -> String {
    switch unit {
    case .bytes: Figure.bytes(value)
    case .images, .steps: Figure.count(value) + (withUnit ? " \(unit.rawValue)" : "")
    }
  }

  private static func speed(_ rate: Double, _ unit: ProgressReport.Unit) -> String {
    switch unit {
    case .bytes: Figure.bytes(Int(min(rate, 1e15))) + "/s"
    case .images, .steps: Figure.decimal(rate, places: rate < 10 ? 1 : 0) + "/s"
    }
  }
}
