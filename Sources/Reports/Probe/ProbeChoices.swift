package import Probing

/// What a probe chose for its user, and on what evidence: shown before the encoder runs, and in the report.
package struct ProbeChoices: Sendable {
  package struct Choice: Sendable, Equatable {
    package let name: String
    package let value: String
    package let evidence: String

    /// `agentview_rgb, 128 x 128: the only frames there are`.
    package var sentence: String { evidence.isEmpty ? value : "\(value): \(evidence)" }
  }

  package let list: [Choice]

  package init(_ data: ProbeDataFacts, _ targets: [ProbeTargetFacts]) {
    let state =
      data.oracleSources.isEmpty
      ? "none recorded"
      : "\(data.oracleSources.joined(separator: ", ")) (\(Figure.count(data.oracleWidth, "column")))"
    list = [
      Choice(
        name: "camera", value: "\(data.imageKey), \(data.imageWidth) × \(data.imageHeight)",
        evidence: data.imageKeyEvidence),
      Choice(name: "orientation", value: data.orientation, evidence: data.orientationEvidence),
      Choice(name: "row lag", value: "\(data.rowLag)", evidence: data.rowLagEvidence),
      Choice(
        name: "frames", value: "\(Figure.count(data.frames)) of \(Figure.count(data.framesAvailable))",
        evidence: data.frameSelection),
      Choice(
        name: "targets", value: targets.map { "\($0.title) (\($0.source))" }.joined(separator: ", "),
        evidence: ""),
      Choice(name: "state", value: state, evidence: ""),
      Choice(
        name: "instruction", value: Figure.count(data.tasks.count, "task"),
        evidence: data.instructionSources.joined(separator: "; ")),
    ]
  }

  /// A line a choice, names in a column.
  package func render(on terminal: Terminal) -> String {
    let width = list.map(\.name.columns).max() ?? 0
    return list.map { choice in
      let padding = String(repeating: " ", count: width - choice.name.columns)
      return Paragraph.lines(
        choice.sentence, lead: "  \(choice.name)\(padding)  ", style: .faint, on: terminal)
    }.joined()
  }
}

extension ProbeEncoder.Preview {
  /// The choices, then what is odd or will be missing.
  package func render(on terminal: Terminal) -> String {
    Paragraph.lines("Demonstrations: \(data.path)", on: terminal)
      + ProbeChoices(data, targets).render(on: terminal)
      + notes.map { Paragraph.lines($0, lead: "note: ", style: .caution, on: terminal) }.joined()
  }
}
