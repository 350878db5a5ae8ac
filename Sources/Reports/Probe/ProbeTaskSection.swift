internal import Probing
internal import Statistics

/// How every target is read in each task, where there are several of enough episodes.
struct ProbeTaskSection {
  let report: ProbeReport

  var markup: Markup {
    guard !report.byTask.isEmpty else { return .nothing }
    return tag(
      "section", ["aria-labelledby": "tasks"],
      [
        tag("h2", ["id": "tasks"], ["By task"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Out-of-fold R² within each task of at least \(ProbeTaskScore.leastEpisodes) episodes, about the task's own mean, of what is "
                + "left from the last module's output on, and after the stroke that of the frames. Marked ▼: surely below the "
                + "other tasks by more than the margin. A dash: the target hardly varies within the task.")
          ]), sentences, summary.markup,
        tag(
          "details",
          [tag("summary", ["Tables with every module's output"])] + report.targets.map { table($0).markup }),
      ])
  }

  private var sentences: Markup {
    report.taskSentences.isEmpty
      ? .nothing
      : tag(
        "ul", ["class": "plain"], report.taskSentences.map { tag("li", [.text(Typography.sentence($0))]) })
  }

  private func rows(_ target: ProbeTargetFacts) -> [ProbeTaskScore] {
    report.byTask.filter { $0.target == target.name }
  }

  /// A row a task, a column a target.
  private var summary: HTMLTable {
    let tasks = report.targets.first.map(rows) ?? []
    return HTMLTable(
      "R² by task: last output / frames",
      [.text("Task"), .number("episodes")]
        + report.targets.map { .number(.text(ProbeWords.capitalised($0.title))) },
      rows: tasks.map { task in
        [.text(task.task), .text(Figure.count(task.episodes))]
          + report.targets.map { target in
            rows(target).first { $0.task == task.task }.map(cell) ?? ""
          }
      })
  }

  private func cell(_ row: ProbeTaskScore) -> Markup {
    guard let last = row.exits.last else { return "–" }
    guard let r2 = last.r2 else {
      let isOfClasses = !report.byTask.contains { $0.target == row.target && $0.frames != nil }
      return .text(isOfClasses ? last.accuracy.map { Typography.percent($0) + " right" } ?? "–" : "–")
    }
    let isWorse = row.isWorse(by: margin(row.target))
    return .group([
      tag("span", ["class": isWorse ? "failed" : nil], [.text((isWorse ? "▼ " : "") + number(r2))]),
      tag("span", ["class": "interval"], [.text(" / " + number(row.frames))]),
    ])
  }

  private func table(_ target: ProbeTargetFacts) -> HTMLTable {
    let rows = rows(target)
    let modules = rows.first?.exits.map(\.module) ?? []
    let hasClasses = rows.contains { $0.exits.contains { $0.accuracy != nil } }
    return HTMLTable(
      "\(ProbeWords.capitalised(target.title)): R² by task",
      [.text("Task"), .number("frames")] + modules.map { .number(.text("from the \($0.short)'s output on")) }
        + [.number("last, less the other tasks")]
        + (hasClasses ? modules.map { .number(.text("read right at the \($0.short)'s output")) } : []),
      rows: rows.map { row in
        [.text(row.task), .text(number(row.frames))] + row.exits.map { .text(number($0.r2)) }
          + [.text(difference(row))]
          + (hasClasses ? row.exits.map { .text($0.accuracy.map { Typography.percent($0) } ?? "–") } : [])
      })
  }

  private func difference(_ row: ProbeTaskScore) -> String {
    guard let value = row.difference, let interval = row.interval else { return "–" }
    return Typography.minus(Figure.interval(value, interval.lower, interval.upper, signed: true))
  }

  private func margin(_ target: String) -> Double {
    report.references.first { $0.target == target }?.delta ?? report.settings.margin
  }

  private func number(_ value: Double?) -> String {
    value.map { Typography.minus(Figure.decimal($0)) } ?? "–"
  }
}
