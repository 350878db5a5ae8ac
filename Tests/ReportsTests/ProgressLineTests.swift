import Reports
import Synchronization
import Tensors
import Testing

@Suite struct ProgressLineTests {
  /// A clock and a screen that the test moves and reads.
  final class Stage: Sendable {
    let time = Mutex(0.0)
    let written = Mutex("")

    func line(_ terminal: Terminal = Terminal(width: 100, interactive: true)) -> ProgressLine {
      ProgressLine(
        on: terminal, now: { self.time.withLock { $0 } },
        write: { text in self.written.withLock { $0 += text } })
    }
    func wait(_ seconds: Double) { time.withLock { $0 += seconds } }
    var draws: [String] { written.withLock { $0 }.split(separator: "\r").map(String.init) }
  }

  static func report(_ completed: Int, _ activity: String = "quantize", of total: Int = 1000)
    -> ProgressReport
  {
    ProgressReport(activity: activity, completed: completed, total: total, unit: .bytes)
  }

  @Test func saysShareRateAndTimeToGo() {
    let text = ProgressLine.text(
      "quantize", completed: 1_200_000_000, total: 4_400_000_000, unit: .bytes, rate: 310e6,
      on: Terminal(width: 100))
    #expect(text == "quantize   27 %  █████▌                1.20 GB of 4.40 GB  310 MB/s  ETA 0:11")
  }

  @Test(arguments: 10...120) func neverWiderThanTheTerminal(width: Int) {
    let text = ProgressLine.text(
      "encode with the trained encoder", completed: 3, total: 1600, unit: .images, rate: 2.34,
      on: Terminal(width: width))
    #expect(text.columns < width)
  }

  @Test func drawsAtMostTenTimesASecond() {
    let stage = Stage()
    let line = stage.line()
    for step in 0..<100 {
      line.update(Self.report(step))
      stage.wait(0.01)
    }
    #expect(stage.draws.count == 10)
    line.update(Self.report(1000))
    #expect(stage.draws.count == 11)
  }

  @Test func neverRunsBackwards() {
    let stage = Stage()
    let line = stage.line()
    line.update(Self.report(600))
    stage.wait(1)
    line.update(Self.report(500))
    #expect(stage.draws.last?.contains("60 %") == true)
  }

  @Test func aNewActivityStartsAfresh() {
    let stage = Stage()
    let line = stage.line()
    line.update(Self.report(900))
    line.update(Self.report(10, "hash"))
    #expect(stage.draws.last?.hasPrefix("hash    1 %") == true)
  }

  @Test func isGoneAtTheEnd() {
    let stage = Stage()
    let line = stage.line()
    line.finish()
    #expect(stage.draws.isEmpty)
    line.update(Self.report(1))
    line.finish()
    #expect(stage.draws.last == "\u{1B}[K")
  }

  @Test func silentInAPipe() {
    let stage = Stage()
    stage.line(.plain).update(Self.report(1))
    #expect(stage.draws.isEmpty)
  }

  /// A log gets a line a minute, and none of what is done sooner.
  @Test func aLineAMinuteInALog() {
    let stage = Stage()
    let line = stage.line(.plain)
    for step in 1...1000 {
      line.update(Self.report(step, of: 10_000))
      stage.wait(0.2)
    }
    line.finish()
    let lines = stage.written.withLock { $0 }.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("quantize    3 %") == true, "\(lines)")
    #expect(lines.allSatisfy { $0.contains("ETA ") && $0.count < 80 })
    // The next activity goes on in the same minute.
    line.update(Self.report(1, "hash"))
    #expect(stage.written.withLock { $0 }.split(separator: "\n").count == 3)
  }

  @Test func theTimeToGoIsThatOfTheWholeCommand() {
    let text = ProgressLine.text(
      "encoding", completed: 400, total: 800, unit: .images, rate: 10, later: 1600, on: Terminal(width: 100))
    #expect(text.hasSuffix("400 of 800 images  10/s  ETA 3:20 in all"), "\(text)")
  }

  @Test func takesReportsFromManyThreads() {
    let stage = Stage()
    let handler = stage.line().handler
    Parallel.forEach(1000, threads: 8) { handler(Self.report($0 + 1)) }
    #expect(stage.draws.last?.contains("100 %") == true)
  }

  @Test func survivesAnEmptyTotal() {
    #expect(
      ProgressLine.text("x", completed: 0, total: 0, unit: .steps, rate: nil, on: .plain).contains(
        "0 of 0 steps"))
  }
}
