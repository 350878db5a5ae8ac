internal import Probing
internal import Statistics

/// What the instruction is to each target, where other ones were tried.
struct ProbeInstructionSection {
  let report: ProbeReport

  var markup: Markup {
    guard !report.instructions.isEmpty else { return .nothing }
    return tag(
      "section", ["aria-labelledby": "instructions"],
      [
        tag("h2", ["id": "instructions"], ["With other instructions"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "R² of the language model's output, by kernel ridge that is not told the task, when the model is told the task's own "
                + "instruction, another task's, and none. Intervals hold together over all targets.")
          ]),
        tag(
          "ul", ["class": "plain"],
          report.instructions.map { tag("li", [.text(Typography.sentence($0.sentence))]) }),
        HTMLTable(
          "R² by instruction",
          [
            .text("Target"), .number("own"), .number("another"), .number("none"), .number("own less another"),
            .number("own less none"),
          ],
          rows: report.instructions.map { row in
            [.text(ProbeWords.capitalised(ProbeWords.target(row.target, report)))]
              + [row.right, row.wrong, row.none].map {
                .text(Typography.minus(Figure.decimal($0, places: 3)))
              }
              + [row.overWrong, row.overNone].map { gain in
                .text(
                  Typography.minus(
                    Figure.interval(
                      gain.value, gain.interval.lower, gain.interval.upper, places: 3, signed: true)))
              }
          }
        ).markup,
      ])
  }
}
