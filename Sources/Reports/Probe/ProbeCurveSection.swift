internal import Features
internal import Probing

/// Scores over the stages of the encoder, a row of panels a target, each row with its table.
struct ProbeCurveSection {
  let report: ProbeReport

  private var curves: ProbeCurves { ProbeCurves(report: report) }

  var markup: Markup {
    tag(
      "section", ["aria-labelledby": "curves"],
      [
        tag("h2", ["id": "curves"], ["What each stage lets a linear probe read"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Out-of-fold R² of ridge probes, episodes kept together. Bands: simultaneous "
                + "\(Typography.percent(report.settings.confidence)) intervals over every stage, readout and target. "
                + "Floor: what the task, time, previous action and the robot's own state tell without an image; "
                + "achievable: the best read from frames and model together."
                + (report.modules.contains(.language)
                  ? " L: a block of the language model, at the picture's tokens; t: the same at the last token."
                  : "")
            )
          ]),
        legend,
      ] + report.targets.enumerated().map { panel($1, number: $0) })
  }

  private var legend: Markup {
    let encoders = curves.encoders.map { role in
      let style = ProbeWords.role(role)
      return (
        swatch: [
          SVG.line(1, 7, 35, 7, "curve \(style.rawValue)"), SVG.mark(style, x: 18, y: 7, label: nil),
        ], name: ProbeWords.encoder(role, report)
      )
    }
    let pixels = (
      swatch: [SVG.line(1, 7, 35, 7, "baseline"), SVG.diamond(x: 18, y: 7, label: nil)],
      name: "pixels (\(report.settings.pixelGridSide) × \(report.settings.pixelGridSide) grid)"
    )
    return LegendList.markup(encoders + [pixels])
  }

  private func panel(_ target: ProbeTargetFacts, number: Int) -> Markup {
    let plots = curves.plots(target)
    return tag(
      "div",
      [
        tag("h3", [.text(ProbeWords.capitalised(target.title))]),
        tag(
          "div", ["class": "panels"],
          plots.map { readout, plot in
            tag(
              "figure",
              [
                tag(
                  "figcaption", [.text(ProbeWords.capitalised(ProbeWords.readout(readout, report.settings)))]),
                plot.markup(identifier: "plot-\(number)-\(readout.rawValue)"),
              ])
          }),
        tag(
          "details",
          [
            tag("summary", [.text("Table of these panels: \(target.title)")]), table(target),
          ]),
      ])
  }

  private func table(_ target: ProbeTargetFacts) -> Markup {
    let cells = curves.readouts.flatMap { readout in curves.encoders.map { (readout, $0) } }
    var table = HTMLTable(
      "R² with simultaneous intervals: \(target.title)",
      [.text("Stage")]
        + cells.map { readout, encoder in
          .number(
            .text("\(ProbeWords.shortEncoder(encoder, report)), \(readout.rawValue)"))
        }, dense: true)
    table.rows = report.stages.map { stage in
      [.text(ProbeWords.stage(stage).name)]
        + cells.map { readout, encoder in
          let owner = stage.kind == .pixels ? ProbeScore.EncoderRole.none : encoder
          let isRepeated = stage.kind == .pixels && encoder != .trained
          let score = report.scores.first {
            $0.stage == stage.name && $0.encoder == owner && $0.readout == readout && $0.target == target.name
          }
          return isRepeated ? "" : score.map(ProbeScoreSection.cell) ?? "–"
        }
    }
    return table.markup
  }
}
