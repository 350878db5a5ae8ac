package import Benchmarks
internal import Tensors

/// Kernel rates for a terminal, beside the machine's measured peaks.
package struct KernelBenchmarkReport: Sendable {
  package let result: KernelBenchmark.Result

  package init(_ result: KernelBenchmark.Result) { self.result = result }

  package func render(on terminal: Terminal) -> String {
    var products = TextTable([
      .text("product"), .number("rows x outputs x inputs"), .number("f32 GFLOP/s"), .number("of peak"),
      .number("int8 GOP/s"), .number("of peak"), .number("int8 / f32"),
    ])
    for entry in result.products {
      let extent = entry.extent
      products.append([
        TextTable.Cell(extent.name), TextTable.Cell("\(extent.rows) x \(extent.outputs) x \(extent.inputs)"),
        rate(entry.float32), TextTable.Cell(Figure.percent(entry.float32 / result.float32Peak)),
        rate(entry.int8), TextTable.Cell(Figure.percent(entry.int8 / result.int8Peak)),
        TextTable.Cell(Figure.decimal(entry.int8 / entry.float32, places: 2)),
      ])
    }
    var attention = TextTable([
      .text("attention"), .number("heads x width"), .number("f32 GFLOP/s"), .number("of peak"),
    ])
    for entry in result.attention {
      attention.append([
        TextTable.Cell(Figure.count(entry.tokens, "token")),
        TextTable.Cell("\(entry.heads) x \(entry.headWidth)"),
        rate(entry.float32), TextTable.Cell(Figure.percent(entry.float32 / result.float32Peak)),
      ])
    }
    let peaks =
      "\(result.instructionSet) kernels, \(Figure.count(result.threads, "thread")); measured peaks: "
      + "f32 \(Figure.decimal(result.float32Peak, places: 0)) GFLOP/s, int8 \(Figure.decimal(result.int8Peak, places: 0)) GOP/s"
    return Paragraph.lines(peaks, on: terminal) + "\n" + products.render(on: terminal) + "\n"
      + attention.render(on: terminal)
  }

  private func rate(_ value: Double) -> TextTable.Cell { TextTable.Cell(Figure.decimal(value, places: 0)) }
}
