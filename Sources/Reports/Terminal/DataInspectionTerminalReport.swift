package import Datasets
internal import Tensors

/// What `vlmtool data inspect` says on a terminal: what is there, what would be taken, and what is wrong.
package struct DataInspectionTerminalReport: Sendable {
  package let inspection: DataInspection

  package init(_ inspection: DataInspection) { self.inspection = inspection }

  package func render(on terminal: Terminal) -> String {
    [head(terminal), tasks(terminal), contents(terminal), choices(terminal), findings(terminal)]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let i = inspection
    let rate = i.rate.map { " at \(Figure.significant($0)) a second" } ?? ""
    let what =
      i.sampling
      ?? "\(Figure.count(i.episodes, "demonstration")) in \(Figure.count(i.files, "file")), "
      + "\(Figure.count(i.rows, "row"))\(rate)"
    return Paragraph.heading(i.path, on: terminal)
      + Paragraph.lines("\(i.format): \(what).", on: terminal)
  }

  private func tasks(_ terminal: Terminal) -> String {
    if inspection.tasks.isEmpty { return "" }
    var table = TextTable([.name("task"), .number("demonstrations"), .number("rows")])
    for task in inspection.tasks.prefix(20) {
      table.append([
        .init(task.instruction), .init(Figure.count(task.episodes)), .init(Figure.count(task.rows)),
      ])
    }
    let more = inspection.tasks.count - 20
    return table.render(on: terminal) + (more > 0 ? "and \(Figure.count(more, "task")) more\n" : "")
  }

  private func contents(_ terminal: Terminal) -> String {
    var table = TextTable([.name("recorded"), .text("what it is"), .number("numbers"), .text("their names")])
    for camera in inspection.cameras {
      table.append([
        .init(camera.name), .init("frames" + (camera.isChosen ? ", in use" : "")),
        .init("\(camera.height) x \(camera.width)"), .init(""),
      ])
    }
    for values in inspection.values {
      table.append([
        .init(values.name), .init(Self.words(values.role)), .init(Figure.count(values.columns.count)),
        .init(TextTable.list(values.columns)),
      ])
    }
    let unused =
      inspection.unused.isEmpty
      ? "" : Paragraph.lines("Not used: \(TextTable.list(inspection.unused)).", on: terminal)
    return table.render(on: terminal) + unused
  }

  /// `endEffectorPosition` as `end effector position`.
  private static func words(_ role: String) -> String {
    role.reduce(into: "") { $0 += $1.isUppercase ? " \($1.lowercased())" : String($1) }
  }

  private func choices(_ terminal: Terminal) -> String {
    let i = inspection
    let chosen = [("camera", i.camera), ("orientation", i.orientation), ("row lag", i.rowLag)]
    var text = chosen.reduce("") { text, choice in
      guard let decision = choice.1 else { return text }
      return text
        + Paragraph.lines("\(decision.value) (\(decision.evidence))", lead: "\(choice.0): ", on: terminal)
    }
    let defaults = i.targets.filter { $0.isDefault && $0.lacks == nil }.map(\.id)
    let more = i.targets.filter { !$0.isDefault && $0.lacks == nil }.map(\.id)
    if !i.targets.isEmpty {
      text += Paragraph.lines(
        defaults.isEmpty ? "nothing unless it is named" : defaults.joined(separator: ", "),
        lead: "probed by default: ", on: terminal)
    }
    if !more.isEmpty {
      text += Paragraph.lines(
        more.joined(separator: ", ") + ", and any obs/NAME", lead: "with --target: ", on: terminal)
    }
    if let obstacle = i.obstacle {
      text += Paragraph.lines(obstacle, lead: "cannot be probed as it is: ", style: .bad, on: terminal)
    }
    return text
  }

  private func findings(_ terminal: Terminal) -> String {
    var text = ""
    for finding in inspection.findings {
      let isWrong = finding.gravity == .wrong
      let names = finding.episodes.isEmpty ? "" : " [\(TextTable.list(finding.episodes))]"
      text += Paragraph.lines(
        finding.sentence + names + (finding.remedy.map { " (\($0))" } ?? ""),
        lead: isWrong ? "wrong: " : "odd: ",
        style: isWrong ? .bad : .faint, on: terminal)
    }
    for sentence in inspection.evidence where !sentence.isEmpty {
      text += Paragraph.lines(sentence, on: terminal)
    }
    if inspection.isSound {
      text += Paragraph.lines(
        "Nothing was found that makes results wrong; \(Figure.count(inspection.framesExamined, "frame")) looked at.",
        on: terminal)
    }
    return text
  }
}
