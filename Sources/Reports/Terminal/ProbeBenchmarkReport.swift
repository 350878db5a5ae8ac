package import Benchmarks

/// The probe's timing for a terminal.
package struct ProbeBenchmarkReport: Sendable {
  package let benchmark: ProbeBenchmark

  package init(_ benchmark: ProbeBenchmark) { self.benchmark = benchmark }

  package func render(on terminal: Terminal) -> String {
    let extent = benchmark.extent
    let sorted = benchmark.seconds.sorted()
    let seconds = { (value: Double) in Figure.decimal(value, places: 2) + " s" }
    return Paragraph.lines(
      "Ridge probe, \(extent.frames) frames x \(extent.width) features, \(extent.targets) targets, "
        + "\(extent.lambdas) lambdas, \(extent.folds) outer folds and the other \(extent.folds - 1) inside: "
        + "median \(seconds(sorted[sorted.count / 2])), fastest \(seconds(sorted[0])), "
        + "slowest \(seconds(sorted[sorted.count - 1])); "
        + "\(Figure.count(benchmark.threads, "thread")), R2 \(Figure.decimal(benchmark.rSquared, places: 4))",
      on: terminal)
  }
}
