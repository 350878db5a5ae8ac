package import Probing
internal import Statistics

extension ProbeValidation {
  /// A plant a line, with what it made each module lose, and how many were found.
  package func render(on terminal: Terminal) -> String {
    let modules = unplanted.losses.map(\.module)
    var table = TextTable(
      [.name("planted"), .text("expected"), .text("verdict"), .text("found")]
        + modules.map { .number("\($0.short) loss") })
    func cells(_ outcome: Outcome) -> [TextTable.Cell] {
      modules.map { module in
        TextTable.Cell(
          outcome.losses.first { $0.module == module }.map {
            Figure.interval($0.value, $0.interval.lower, $0.interval.upper)
          }
            ?? "")
      }
    }
    func append(_ title: String, _ expected: String, _ outcome: Outcome, _ found: TextTable.Cell) {
      table.append(
        [TextTable.Cell(title), TextTable.Cell(expected), TextTable.Cell(verdict(outcome)), found]
          + cells(outcome))
    }
    append("nothing", "", unplanted, TextTable.Cell(""))
    for row in plants {
      let found =
        row.found
        ? TextTable.Cell("yes", .good)
        : row.isWeak ? TextTable.Cell("no (weak dose)") : TextTable.Cell("NO", .bad)
      append(row.title, row.expected, row.result, found)
    }
    return Paragraph.heading("What was planted, and what was found: losses of R2 for \(target)", on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        "\(strong.count { $0.found }) of \(strong.count) plants that have to be found were: "
          + "\(Figure.count(episodes, "episode")), \(Figure.count(frames, "frame")), margin \(Figure.decimal(margin)).",
        on: terminal)
      + doses.map {
        Paragraph.lines(
          "\($0.title), \(Figure.count($0.losses.count, "rising dose")): the \($0.module.name) loses "
            + $0.losses.map { Figure.decimal($0) }.joined(separator: ", ")
            + ($0.isMonotone ? "." : ": NOT monotone."),
          on: terminal)
      }.joined()
      + nulls.map { null in
        Paragraph.lines(
          "\(null.title), \(null.count) times: a module named falsely in \(null.wrong) ("
            + null.outcomes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ") + ").", on: terminal)
      }.joined()
      + notes.map { Paragraph.lines("note: " + $0, on: terminal) }.joined()
  }

  private func verdict(_ outcome: Outcome) -> String {
    ProbeWords.headline(
      ProbeVerdict(
        outcome: outcome.outcome, modules: outcome.modules, sentence: outcome.sentence, reasons: [], gates: []
      ))
  }
}
