package import Jarvis

/// What `vlmtool jarvis audit` says on a terminal.
package enum AuditTerminalReport {
  package static func render(_ audit: CheckpointAudit, on terminal: Terminal) -> String {
    let words: [(AuditFinding.Verdict, String, TextStyle)] = [
      (.failed, "failed", .bad), (.warning, "warning", .caution), (.note, "note", .faint), (.passed, "passed", .good),
    ]
    let findings = words.flatMap { verdict, word, style in
      audit.findings.filter { $0.verdict == verdict }.map { finding in
        Paragraph.lines(
          finding.sentence + (finding.remedy.map { " (\($0))" } ?? ""), lead: word + ": ", style: style, on: terminal)
      }
    }.joined()
    return [
      Paragraph.heading(audit.path, on: terminal)
        + Paragraph.lines("\(audit.family), \(audit.dialect) names; action tokens of \(audit.vocabulary)", on: terminal),
      rows(audit.rows, on: terminal), findings, verdict(audit, on: terminal),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func rows(_ rows: [RowStatistics], on terminal: Terminal) -> String {
    guard !rows.isEmpty else { return "" }
    let words = [
      "written": "action tokens", "unwritten": "action tokens never written", "reserved": "unused reserved tokens",
      "ordinary": "ordinary tokens, a sample",
    ]
    let hasBase = rows.contains { $0.unchanged != nil }
    var table = TextTable(
      [
        .text("rows of"), .text("in the"), .number("rows"), .number("shortest"), .number("median"), .number("longest"),
        .number("zero"), .number("copies"),
      ] + (hasBase ? [.number("as in base")] : []))
    for row in rows {
      table.append(
        [
          .init(words[row.rows] ?? row.rows), .init(row.matrix), .init(Figure.count(row.count)),
          .init(Figure.significant(row.smallest)), .init(Figure.significant(row.median)),
          .init(Figure.significant(row.largest)), .init(Figure.count(row.zeros)), .init(Figure.count(row.copies)),
        ] + (hasBase ? [.init(row.unchanged.map { Figure.count($0) } ?? "")] : []))
    }
    return table.render(on: terminal)
  }

  private static func verdict(_ audit: CheckpointAudit, on terminal: Terminal) -> String {
    let warnings = audit.findings.count { $0.verdict == .warning }
    if !audit.isSound { return Paragraph.lines("The agent cannot work with this checkpoint.", on: terminal) }
    return Paragraph.lines(
      warnings == 0
        ? "Nothing stands in the agent's way." : "The agent can work, but \(Figure.count(warnings, "warning")) should be looked at.",
      on: terminal)
  }
}
