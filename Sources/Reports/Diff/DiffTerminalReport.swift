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

  package init(_ diff: CheckpointDiff, modules: Modules) {
    self.diff = diff
    self.modules = modules
  }

  package func render(on terminal: Terminal) -> String {
    [head(terminal), components(terminal), moduleTable(terminal), oneSided(terminal), notes(terminal)]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    func side(_ side: CheckpointDiff.Side) -> String { "\(side.path) (\(side.family), \(side.dialect))" }
    return Paragraph.lines(diff.summary, style: .strong, on: terminal)
      + Paragraph.lines("\(side(diff.first)) against \(side(diff.second))", on: terminal)
  }

  private func components(_ terminal: Terminal) -> String {
    var table = TextTable([
      .name("component"), .number("tensors"), .number("identical"), .number("changed"),
      .number("|b-a|/|a|"), .number("cosine"), .number("max|b-a|"),
    ])
    for group in diff.components { table.append(row(group)) }
    return table.render(on: terminal)
  }

  private func row(_ group: CheckpointDiff.Group) -> [TextTable.Cell] {
    let changed = group.changed + group.rounded
    return [
      TextTable.Cell(group.name), TextTable.Cell(Figure.count(group.tensors)),
      TextTable.Cell(Figure.count(group.identical + group.equal)), TextTable.Cell(Figure.count(changed)),
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
    var table = TextTable([
      .name("module"), .number("|b-a|/|a|"), .number("cosine"), .number("max|b-a|"), .text("outcome"),
    ])
    for group in listed {
      let cells = row(group)
      table.append([cells[0], cells[4], cells[5], cells[6], TextTable.Cell(Self.word(group.likeness))])
    }
    return table.render(on: terminal) + remark
  }

  private static func word(_ likeness: CheckpointDiff.Likeness) -> String {
    switch likeness {
    case .identical: "identical"
    case .equal: "equal in value"
    case .rounded: "rounded"
    case .changed: "changed"
    }
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
    return lines(resized, "resized: ") + lines(diff.onlyInFirst, "only in the first: ")
      + lines(diff.onlyInSecond, "only in the second: ")
  }

  private func notes(_ terminal: Terminal) -> String {
    diff.notes.map { Paragraph.lines($0, lead: "note: ", on: terminal) }.joined()
  }
}
