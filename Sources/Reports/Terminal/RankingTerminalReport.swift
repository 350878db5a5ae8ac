package import Probing
internal import Statistics

extension ProbeRanking {
  /// A checkpoint a line, best first, and what may be said.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable(
      [.number("#"), .name("checkpoint"), .number("mean R2")] + targets.map { .number($0) }
        + [.number("parameters"), .number("ms a frame"), .text("cannot be told from")])
    func cells(_ scores: Scores) -> [TextTable.Cell] {
      ([scores.mean] + scores.byTarget).map { TextTable.Cell(Figure.decimal($0)) }
    }
    for (place, entry) in checkpoints.enumerated() {
      table.append(
        [
          TextTable.Cell("\(place + 1)"),
          TextTable.Cell(ProbeWords.shortName(entry.path) + " (\(entry.precision))"),
        ]
          + cells(entry.scores) + [
            TextTable.Cell(Figure.parameters(entry.parameters)),
            TextTable.Cell(entry.milliseconds.map { Figure.decimal($0) } ?? "cached"),
            TextTable.Cell(entry.tiedWith.map(String.init).joined(separator: ", ")),
          ])
    }
    table.append(
      [TextTable.Cell(""), TextTable.Cell("the frames alone")] + cells(framesAlone)
        + [TextTable.Cell(""), TextTable.Cell(""), TextTable.Cell("")])
    let best = differences.filter { $0.first == 1 }.map {
      "1 - \($0.second): \(Figure.interval($0.value, $0.interval.lower, $0.interval.upper))"
    }
    return Paragraph.heading("What the outputs of all modules hold together: out-of-fold R2", on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        "Differences of the mean, intervals that hold together at \(Figure.percent(confidence)): "
          + best.joined(separator: "; ") + ".", on: terminal)
      + Paragraph.lines(sentence, on: terminal)
  }
}
