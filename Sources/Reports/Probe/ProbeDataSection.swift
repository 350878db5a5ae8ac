internal import Probing

/// The demonstrations and targets as they were read, with everything that was assumed of them.
struct ProbeDataSection {
  let report: ProbeReport

  var markup: Markup {
    tag(
      "section", ["aria-labelledby": "data"],
      [
        tag("h2", ["id": "data"], ["Data"]), facts, tasks.markup, targets.markup,
        report.notes.isEmpty
          ? .nothing
          : .group([
            tag("h3", ["Worth knowing about this run"]),
            tag("ul", ["class": "plain"], report.notes.map { tag("li", [.text(Typography.sentence($0))]) }),
          ]),
      ])
  }

  private var facts: Markup {
    let data = report.data
    var list = FactList()
    list.add("Demonstrations", code: data.path)
    list.add("Files", "\(Figure.count(data.files.count)): \(data.files.joined(separator: ", "))")
    list.add("Episodes", Figure.count(data.episodes))
    for choice in ProbeChoices(data, report.targets).list where choice.name != "targets" {
      list.add(ProbeWords.capitalised(choice.name), choice.sentence)
    }
    if let sha256 = data.imagesSHA256 { list.add("SHA-256 of images", code: sha256) }
    return list.markup
  }

  private var tasks: HTMLTable {
    HTMLTable(
      "Tasks", [.text("Instruction"), .number("episodes"), .number("frames")],
      rows: report.data.tasks.map {
        [.text($0.instruction), .text(Figure.count($0.episodes)), .text(Figure.count($0.frames))]
      })
  }

  private var targets: HTMLTable {
    HTMLTable(
      "Targets",
      [.text("Target"), .text("Read from"), .text("Columns"), .text("Left out, constant"), .text("B holds")],
      rows: report.targets.map {
        [
          .text(ProbeWords.capitalised($0.title)), tag("code", [.text($0.source)]),
          .text($0.columns.joined(separator: ", ")),
          .text($0.constantColumns.isEmpty ? "none" : $0.constantColumns.joined(separator: ", ")),
          .text($0.baseline.joined(separator: ", ")),
        ]
      })
  }
}
