package import Mapping

/// What `vlmtool diff` says on a terminal: one sentence, a table by component, and the modules that changed most.
package struct DiffTerminalReport: Sendable {
  /// Which modules are listed.
  package enum Modules: Sendable, Equatable {
    case all
    /// So many of those that changed, the most changed first.
    case most(Int)
  }

  package let diff: CheckpointDiff
  package let modules: Modules
  /// The stage of training that was claimed.
  package let expected: TrainingStage?

  package init(_ diff: CheckpointDiff, modules: Modules, expecting expected: TrainingStage? = nil) {
    self.diff = diff
    self.modules = modules
    self.expected = expected
  }

  package func render(on terminal: Terminal) -> String {
    [head(terminal), components(terminal), moduleTable(terminal), oneSided(terminal), notes(terminal), stages(terminal)]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    func side(_ side: CheckpointDiff.Side) -> String { "\(side.path) (\(side.family), \(side.dialect))" }
    return Paragraph.lines(diff.summary, style: .strong, on: terminal)
      + Paragraph.lines("\(side(diff.first)) against \(side(diff.second))", on: terminal)
  }

  private func components(_ terminal: Terminal) -> String {
    let likenesses = CheckpointDiff.Likeness.allCases
    var table = TextTable(
      [.name("component"), .number("tensors")] + likenesses.map { .number($0.word) } + Self.figures)
    for group in diff.components {
      let counts = likenesses.map { TextTable.Cell(Figure.count(group.count(of: $0))) }
      table.append(
        [TextTable.Cell(group.name), TextTable.Cell(Figure.count(group.tensors))] + counts + figures(group))
    }
    return table.render(on: terminal) + legend(terminal)
  }

  /// What the columns between "bit-identical" and "changed" mean, where they count anything.
  private func legend(_ terminal: Terminal) -> String {
    func line(_ likeness: CheckpointDiff.Likeness, _ meaning: String) -> String {
      diff.components.contains { $0.count(of: likeness) > 0 }
        ? Paragraph.lines(meaning, lead: "\(likeness.word): ", on: terminal) : ""
    }
    return line(.equal, "the same values in another dtype or in other bits.")
      + line(.rounded, "one is the other rounded to its dtype.")
  }

  private static let figures: [TextTable.Column] = [
    .number("|b-a|/|a|"), .number("cosine"), .number("max|b-a|"),
  ]

  private func figures(_ group: CheckpointDiff.Group) -> [TextTable.Cell] {
    [
      TextTable.Cell(CheckpointDiff.percent(group.figures.relative)),
      TextTable.Cell(group.figures.cosine.map { Figure.decimal($0, places: 6) } ?? Figure.missing),
      TextTable.Cell(group.figures.largest.map(Figure.scientific) ?? Figure.missing),
    ]
  }

  private func moduleTable(_ terminal: Terminal) -> String {
    let changed = diff.modules.filter { $0.likeness == .changed || $0.likeness == .rounded }
    let listed: [CheckpointDiff.Group]
    let remark: String
    switch modules {
    case .all:
      listed = diff.modules
      remark = ""
    case .most(let count):
      let ranked = changed.enumerated().sorted {
        let (one, other) = (
          $0.element.figures.relative ?? .infinity, $1.element.figures.relative ?? .infinity
        )
        return one == other ? $0.offset < $1.offset : one > other
      }
      listed = ranked.prefix(count).map(\.element)
      let others = changed.count - listed.count
      remark =
        others > 0 && !listed.isEmpty
        ? Paragraph.lines(
          "\(Figure.count(others, "other module")) changed less; --modules lists all.", on: terminal) : ""
    }
    guard !listed.isEmpty else { return "" }
    let table = { (isNamed: Bool) in
      var table = TextTable(
        [.name("module")] + (isNamed ? [.name("in the first's own names")] : []) + Self.figures + [
          .text("outcome")
        ])
      for group in listed {
        let sources = isNamed ? [TextTable.Cell(TextTable.list(group.sources ?? []))] : []
        table.append(
          [TextTable.Cell(group.name)] + sources + figures(group) + [TextTable.Cell(group.likeness.word)])
      }
      return table
    }
    let isNamed = listed.contains { $0.sources.map { $0.isEmpty } == false }
    return TextTable.widest([isNamed ? table(true) : nil, table(false)], on: terminal).render(on: terminal)
      + remark
  }

  private func oneSided(_ terminal: Terminal) -> String {
    func lines(_ names: [String], _ lead: String) -> String {
      guard !names.isEmpty else { return "" }
      let shown = names.prefix(20).joined(separator: ", ")
      let more = names.count > 20 ? ", and \(Figure.count(names.count - 20)) more (--json lists all)" : ""
      return Paragraph.lines(shown + more, lead: lead, on: terminal)
    }
    let resized = diff.resized.map { item in
      let shapes = item.shapes.map { "[\($0.map(String.init).joined(separator: ", "))]" }
      let rows = item.comparedRows.map { " (first \(Figure.count($0, "row")) compared)" } ?? " (not compared)"
      return "\(item.name) \(shapes[0]) to \(shapes[1])\(rows)"
    }
    let notFinite = diff.notFinite.map { item in
      "\(item.name) (\(item.inFirst && item.inSecond ? "both" : item.inFirst ? "the first" : "the second"))"
    }
    return lines(notFinite, "with NaN or infinity: ") + lines(resized, "resized: ") + lines(diff.onlyInFirst, "only in the first: ")
      + lines(diff.onlyInSecond, "only in the second: ")
  }

  private func notes(_ terminal: Terminal) -> String {
    diff.notes.map { Paragraph.lines($0, lead: "note: ", on: terminal) }.joined()
  }

  /// Copies and conversions are no stage, and nobody who makes one asks.
  private func stages(_ terminal: Terminal) -> String {
    guard let stages = diff.stages, stages.hasMoved || expected != nil else { return "" }
    let outcome =
      expected.map { stages.verdict(on: $0) }.map { verdict in
        verdict.fits
          ? Paragraph.lines("\(verdict.stage.rawValue), as claimed", lead: "passed: ", on: terminal)
          : Paragraph.lines("\(verdict.stage.rawValue): \(verdict.faults.joined(separator: "; "))", lead: "failed: ", on: terminal)
      } ?? ""
    return Paragraph.lines(stages.sentence, on: terminal) + outcome
  }
}
