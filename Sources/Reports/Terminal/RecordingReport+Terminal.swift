package import Runtime

extension RecordingReport {
  /// What `vlmtool verify --record` says on a terminal: what it wrote.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([.name("tensor"), .text("dtype"), .number("shape"), .number("size")])
    for tensor in inputs + taps {
      table.append([
        TextTable.Cell(tensor.name), TextTable.Cell(tensor.dtype),
        TextTable.Cell(tensor.shape.map(String.init).joined(separator: " × ")),
        TextTable.Cell(Figure.bytes(tensor.bytes)),
      ])
    }
    let hasLanguage = taps.contains { $0.name.hasPrefix("language.") || $0.name == "logits" }
    return Paragraph.lines(
      "\(checkpoint) (\(family), \(precision.rawValue))", on: terminal)
      + "\n" + table.render(on: terminal) + "\n"
      + Paragraph.lines(
        "\(Figure.count(taps.count, "tap")) and \(Figure.count(inputs.count, "input")) in \(file)"
          + (hasLanguage ? "." : "; none of the language model."), lead: "recorded: ", style: .good,
        on: terminal)
  }
}
