package import Runtime

/// What `vlmtool verify --record` says on a terminal: what it wrote.
package struct RecordingTerminalReport: Sendable {
  package let report: RecordingReport

  package init(_ report: RecordingReport) { self.report = report }

  package func render(on terminal: Terminal) -> String {
    var table = TextTable([.name("tensor"), .text("dtype"), .number("shape"), .number("size")])
    for tensor in report.inputs + report.taps {
      table.append([
        TextTable.Cell(tensor.name), TextTable.Cell(tensor.dtype),
        TextTable.Cell(tensor.shape.map(String.init).joined(separator: " × ")),
        TextTable.Cell(Figure.bytes(tensor.bytes)),
      ])
    }
    let hasLanguage = report.taps.contains { $0.name.hasPrefix("language.") || $0.name == "logits" }
    return Paragraph.lines(
      "\(report.checkpoint) (\(report.family), \(report.precision.rawValue))", on: terminal)
      + "\n" + table.render(on: terminal) + "\n"
      + Paragraph.lines(
        "\(Figure.count(report.taps.count, "tap")) and \(Figure.count(report.inputs.count, "input")) in \(report.file)"
          + (hasLanguage ? "." : "; none of the language model."), lead: "recorded: ", style: .good,
        on: terminal)
  }
}
