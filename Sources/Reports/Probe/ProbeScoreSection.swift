internal import Features
internal import Probing
internal import Statistics

/// What scores are measured against, and every score there is.
struct ProbeScoreSection {
  let report: ProbeReport

  var markup: Markup {
    tag(
      "section", ["aria-labelledby": "scores"],
      [
        tag("h2", ["id": "scores"], ["All scores"]), references.markup,
        tag(
          "p", ["class": "note"],
          [
            .text(
              "Control: the same probe on meaningless labels of the shape and kind of the target, one per task and initial-state "
                + "cluster; selectivity is the score less the control. Permutation p: labels permuted among episodes.")
          ]),
      ] + report.targets.map(everything))
  }

  private var references: HTMLTable {
    let rows: [(name: String, value: (TargetReferences) -> Double?, places: Int)] =
      [
        ("floor: time, previous action, proprioception, task", { $0.floor }, 2),
        ("pixels", { $0.pixels }, 2),
        ("randomly initialised encoder, last stage", { $0.randomlyInitialised }, 2),
        ("trained encoder, last stage", { $0.trained }, 2),
      ]
      + report.modules.filter { $0 != .fusion }.enumerated().map { place, module in
        let name = place == 0 ? "trained encoder, last stage" : module.name
        return ("\(name), with the task", { $0.exits[module] }, 2)
      } + [
        ("R: fixed features of the frames", { $0.frames }, 2),
        ("A: frames and model together", { $0.achievable }, 2),
        ("task added to what is seen before the language model", { $0.taskGain }, 2),
        ("task, read from what is seen", { $0.taskToldByScene }, 2),
        ("O: recorded state, with the task", { $0.oracle }, 2),
        ("ceiling: recorded state added to the floor", { $0.ceiling }, 2),
        ("margin", { $0.delta }, 3),
        ("control task at the last stage", { $0.control }, 2),
        ("selectivity", { $0.selectivity }, 2),
        ("permutation p, encoder", { $0.encoderNullP }, 3),
        ("permutation p, frames", { $0.framesNullP }, 3),
      ]
    return HTMLTable(
      "What scores are measured against (R²)",
      [.text("")]
        + report.references.map {
          .number(.text(ProbeWords.capitalised(ProbeWords.target($0.target, report))))
        },
      rows: rows.map { row in
        [.text(row.name)] + report.references.map { number(row.value($0), places: row.places) }
      })
  }

  private func everything(_ target: ProbeTargetFacts) -> Markup {
    let scores = report.scores.filter { $0.target == target.name }
    let hasBits = scores.contains { $0.savedBits != nil }
    let hasClasses = scores.contains { $0.accuracy != nil }
    var table = HTMLTable(
      "Every score: \(target.title)",
      [.text("Stage"), .text("Encoder"), .text("Readout"), .number("R²"), .number("R² beyond B and task")]
        + [.number("share of range"), .number("permutation p"), .number("permuted R²"), .number("features")]
        + (hasBits ? [.number("bits saved")] : [])
        + (hasClasses ? ["accuracy", "bits a frame", "AUC"].map { .number($0) } : []) + [
          .text("ridge λ by fold")
        ], dense: true)
    table.rows = scores.map { score in
      [
        .text(ProbeWords.stage(named: score.stage, report)),
        .text(ProbeWords.shortEncoder(score.encoder, report)),
        .text(score.readout.rawValue), ProbeScoreSection.cell(score),
        number(score.residualR2), number(score.normalised), number(score.nullP, places: 3),
        number(score.nullMean),
        .text(Figure.count(score.width)),
      ] + (hasBits ? [number(score.savedBits)] : [])
        + (hasClasses ? [score.accuracy, score.bits, score.auc].map { number($0, places: 3) } : [])
        + [.text(score.lambdas.map(Figure.scientific).joined(separator: " "))]
    }
    return tag(
      "details", ["class": "long"],
      [
        tag(
          "summary",
          [
            .text(
              "\(ProbeWords.capitalised(target.title)): \(Figure.count(scores.count, "score")) with every column"
            )
          ]),
        table.markup,
      ])
  }

  /// `0.71 [0.66, 0.75]`, the interval set back.
  static func cell(_ score: ProbeScore) -> Markup {
    let value = Markup.text(Typography.minus(Figure.decimal(score.r2)))
    guard let interval = score.interval else { return value }
    let range = " [\(Figure.decimal(interval.lower)), \(Figure.decimal(interval.upper))]"
    return .group([value, tag("span", ["class": "interval"], [.text(Typography.minus(range))])])
  }

  private func number(_ value: Double?) -> Markup { number(value, places: 2) }

  private func number(_ value: Double?, places: Int) -> Markup {
    .text(value.map { Typography.minus(Figure.decimal($0, places: places)) } ?? "–")
  }
}
