internal import Features
internal import Probing
internal import Statistics

/// What the second checkpoint costs, stage by stage, on the same episodes.
struct ProbeComparisonSection {
  let report: ProbeReport

  var markup: Markup {
    guard let second = report.comparisonSubject, !report.comparison.isEmpty else { return .nothing }
    let strips = report.comparison.map(strip)
    let domain = IntervalStrip.domain(of: strips)
    var table = HTMLTable(
      "Cost of the compared checkpoint in R²: \(ProbeWords.shortName(report.subject.path)) (\(report.subject.precision)) minus "
        + "\(ProbeWords.shortName(second.path)) (\(second.precision))",
      [
        .text("Target"), .text("Stage"), .text("Readout"), .number("first"), .number("second"),
        .number("cost"),
        .text("Outcome"),
      ])
    table.rows = report.comparison.map { row in
      [
        .text(ProbeWords.capitalised(ProbeWords.target(row.target, report))),
        .text(ProbeWords.stage(named: row.stage, report)),
        .text(ProbeWords.readout(row.readout, report.settings)),
        .text(Typography.minus(Figure.decimal(row.first, places: 3))),
        .text(Typography.minus(Figure.decimal(row.second, places: 3))),
        .text(
          Typography.minus(
            Figure.interval(row.cost, row.interval.lower, row.interval.upper, places: 3, signed: true))),
        .text(Typography.sentence(row.sentence)),
      ]
    }
    return tag(
      "section", ["aria-labelledby": "comparison"],
      [
        tag(
          "h2", ["id": "comparison"],
          [
            .text(
              "What \(second.precision == report.subject.precision ? "the other checkpoint" : second.precision) costs"
            )
          ]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              Typography.sentence(
                report.comparisonSentence ?? "Episodes are paired between the two checkpoints."))
          ]),
        tag(
          "div", ["class": "contrasts"],
          [
            tag(
              "div", ["class": "contrast scale-row", "aria-hidden": "true"],
              [
                tag("span"), tag("span", ["class": "strip-cell"], [IntervalStrip.axis(domain)]),
                tag("span", ["class": "meaning"], ["cost in R²"]), tag("span"),
              ])
          ] + last.map { row($0, domain) }),
        tag("details", [tag("summary", ["Table of every compared stage"]), table.markup]),
      ])
  }

  /// The deepest compared stage of each target, which is what the language model gets.
  private var last: [ProbeComparison] {
    report.targets.flatMap { target -> [ProbeComparison] in
      let rows = report.comparison.filter { $0.target == target.name }
      let deepest = report.stages.last { stage in rows.contains { $0.stage == stage.name } }
      return rows.filter { $0.stage == deepest?.name }
    }
  }

  private func row(_ row: ProbeComparison, _ domain: ClosedRange<Double>) -> Markup {
    let meaning =
      switch row.outcome {
      case .nothingMeasurable: "below the margin"
      case .costs: "above the margin"
      case .undecided: "spans the margin"
      }
    return tag(
      "div", ["class": "contrast"],
      [
        tag(
          "span",
          [
            .text(ProbeWords.capitalised(ProbeWords.target(row.target, report))),
            tag(
              "span", ["class": "of"],
              [
                .text(
                  "\(ProbeWords.stage(named: row.stage, report)), \(ProbeWords.readout(row.readout, report.settings))"
                )
              ]),
          ]),
        tag("span", ["class": "strip-cell"], [strip(row).markup(domain)]),
        tag(
          "span", ["class": "number"],
          [
            .text(
              Typography.minus(
                Figure.interval(row.cost, row.interval.lower, row.interval.upper, places: 3, signed: true)))
          ]),
        tag("span", ["class": "meaning"], [.text(meaning)]),
      ])
  }

  private func strip(_ row: ProbeComparison) -> IntervalStrip {
    IntervalStrip(
      value: row.cost, lower: row.interval.lower, upper: row.interval.upper, margin: report.settings.margin)
  }
}
