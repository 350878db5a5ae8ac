package import Mapping

/// What `vlmtool convert` says on a terminal: the plan with `--dry-run`, else what was written.
package struct ConversionTerminalReport: Sendable {
  package let summary: ConversionSummary
  /// How long it took, `nil` for a plan.
  package let seconds: Double?

  package init(_ summary: ConversionSummary, seconds: Double? = nil) {
    self.summary = summary
    self.seconds = seconds
  }

  package func render(on terminal: Terminal) -> String {
    if let part = summary.part { return head(terminal) + "\n" + rest(part, terminal) }
    return [head(terminal), transforms(terminal), OutputFiles(summary).render(on: terminal), total(terminal)]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    Paragraph.lines(
      (summary.dryRun ? "Plan, nothing written: " : "")
        + "\(summary.family) (\(summary.dialect) names) to \(summary.target) in \(summary.output)",
      on: terminal)
  }

  /// What a part is of the whole, and how that comes to be.
  private func rest(_ part: ConversionSummary.Part, _ terminal: Terminal) -> String {
    var sentence = "Part \(part.part): \(Figure.count(part.tensors, "tensor")) of \(summary.tensors), "
      + "\(Figure.bytes(part.bytes)) of \(Figure.bytes(summary.bytes))"
    if summary.resumedBytes > 0 { sentence += "; \(Figure.bytes(summary.resumedBytes)) were there from runs before" }
    return Paragraph.lines(sentence + ".", on: terminal)
      + Paragraph.lines("The same command without --part does what is left and puts the whole in its place.", on: terminal)
  }

  private func transforms(_ terminal: Terminal) -> String {
    TextTable(tensorsBy: "transform", summary.transforms.map { ($0.transform, $0.tensors, $0.bytes) }).render(
      on: terminal)
  }

  private func total(_ terminal: Terminal) -> String {
    let files = Figure.count(summary.shards.count, "file")
    var sentence = "\(Figure.count(summary.tensors, "tensor")), \(Figure.bytes(summary.bytes)) in \(files)"
    if summary.resumedBytes > 0 {
      sentence += "; \(Figure.bytes(summary.resumedBytes)) were there from runs before"
    }
    if let seconds {
      sentence += "; took \(Figure.duration(seconds))"
      let written = summary.bytes - summary.resumedBytes
      if seconds > 0 { sentence += " (\(Figure.bytes(Int(Double(written) / seconds)))/s)" }
    }
    return Paragraph.lines(sentence + ".", on: terminal)
      + Paragraph.lines(
        "Buffers take at most \(Figure.bytes(summary.peakBufferBytes)), however large the model.",
        on: terminal)
  }
}
