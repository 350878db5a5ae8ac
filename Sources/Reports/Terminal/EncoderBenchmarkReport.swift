package import Benchmarks
internal import Runtime

/// Encoder timings for a terminal: median, spread and ratio to f32.
package struct EncoderBenchmarkReport: Sendable {
  package let benchmark: EncoderBenchmark

  package init(_ benchmark: EncoderBenchmark) { self.benchmark = benchmark }

  package func render(on terminal: Terminal) -> String {
    let side = benchmark.side
    var table = TextTable([
      .text("linear layers"), .number("median ms"), .number("fastest"), .number("slowest"),
      .number("times f32"),
      .number("worst cosine"),
    ])
    let base = Figure.median(benchmark.float32.ms)
    for (name, timing) in [("float32", benchmark.float32), ("int8", benchmark.int8)] {
      let median = Figure.median(timing.ms)
      table.append([
        TextTable.Cell(name), TextTable.Cell(Figure.decimal(median, places: 1)),
        TextTable.Cell(Figure.decimal(timing.ms.min() ?? median, places: 1)),
        TextTable.Cell(Figure.decimal(timing.ms.max() ?? median, places: 1)),
        TextTable.Cell(Figure.decimal(base / median, places: 2)),
        TextTable.Cell(Figure.decimal(timing.cosineWorst, places: 5)),
      ])
    }
    let threads = Figure.count(benchmark.threads, "thread")
    return Paragraph.lines(
      "One \(side)x\(side) image, \(benchmark.kernels) kernels, \(threads)", on: terminal)
      + table.render(on: terminal)
  }
}
