package import Benchmarks
internal import Runtime

/// Prefill timings for a terminal: medians and rates.
package struct PrefillBenchmarkReport: Sendable {
  package let benchmark: PrefillBenchmark

  package init(_ benchmark: PrefillBenchmark) { self.benchmark = benchmark }

  package func render(on terminal: Terminal) -> String {
    let seconds = benchmark.seconds
    let tokens = benchmark.imageTokens + benchmark.promptTokens
    var table = TextTable([.text("part"), .number("median s"), .number("tokens/s")])
    func add(_ name: String, _ values: [Double], tokens: Int?) {
      guard !values.isEmpty else { return }
      let middle = Figure.median(values)
      table.append([
        TextTable.Cell(name), TextTable.Cell(Figure.decimal(middle, places: 3)),
        TextTable.Cell(tokens.map { Figure.decimal(Double($0) / middle, places: 1) } ?? ""),
      ])
    }
    add("load", [seconds.load], tokens: nil)
    add("vision side", seconds.vision, tokens: benchmark.imageTokens)
    add("language prefill", seconds.language, tokens: tokens)
    add("each token after", seconds.decode, tokens: 1)
    let threads = Figure.count(benchmark.threads, "thread")
    return Paragraph.lines(
      "One image (\(benchmark.imageTokens) tokens) and \(benchmark.promptTokens) tokens of text, "
        + "\(benchmark.precision.rawValue), \(benchmark.kernels) kernels, \(threads)", on: terminal)
      + table.render(on: terminal)
  }
}
