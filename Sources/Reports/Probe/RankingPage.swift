package import Probing
internal import Statistics

/// The HTML report of several checkpoints: the order first, then who cannot be told apart, by target and at what cost.
package struct RankingPage: Sendable {
  package let ranking: ProbeRanking
  package let run: RunContext

  package init(_ ranking: ProbeRanking, run: RunContext) {
    self.ranking = ranking
    self.run = run
  }

  package func rendered() -> String {
    Page(
      title: "Ranking: \(ranking.checkpoints.first.map(name) ?? "")", description: ranking.sentence,
      body: [header, tag("main", [answer, differences, targets, method]), Page.footer(run)]
    ).rendered()
  }

  /// With its precision where not all have the same.
  private func name(_ entry: ProbeRanking.Entry) -> String {
    let isMixed = Set(ranking.checkpoints.map(\.precision)).count > 1
    return ProbeWords.shortName(entry.path) + (isMixed ? " (\(entry.precision))" : "")
  }

  private var header: Markup {
    let facts = "\(Figure.count(ranking.episodes, "episode")), \(Figure.count(ranking.frames, "frame"))"
    let links = [
      ("differences", "Differences"), ("targets", "By target"), ("method", "Method and limits"),
      ("reproduce", "Reproduce"),
    ]
    return tag(
      "header",
      [
        tag("p", ["class": "eyebrow"], ["vlmtool probe encoder, several checkpoints"]),
        tag("h1", ["Which checkpoint holds most of what control needs?"]),
        tag(
          "p", ["class": "subject"],
          [
            .text(
              "\(Figure.count(ranking.checkpoints.count, "checkpoint")), \(precisions), on \(facts) of \(ranking.data)."
            )
          ]),
        tag(
          "nav", ["aria-label": "Sections"],
          [tag("ul", links.map { tag("li", [tag("a", ["href": "#" + $0.0], [.text($0.1)])]) })]),
      ])
  }

  private var precisions: String {
    Set(ranking.checkpoints.map(\.precision)).sorted().joined(separator: " and ")
  }

  /// The order, and what each costs.
  private var answer: Markup {
    let isSure = ranking.checkpoints.first?.tiedWith.isEmpty ?? false
    let best = ranking.checkpoints.first.map(name) ?? ""
    return .group([
      tag(
        "section",
        ["class": "verdict alone tone-\(isSure ? "none" : "tied")", "aria-labelledby": "verdict"],
        [
          tag(
            "div",
            [
              tag("p", ["class": "label"], ["Answer"]),
              tag(
                "h2", ["id": "verdict"],
                [
                  .text(
                    isSure ? "First: \(best)" : "Not to be told apart: \(leaders.joined(separator: " and "))")
                ]),
              tag("p", [.text(Typography.sentence(ranking.sentence))]),
            ])
        ]), table.markup,
      tag("div", ["class": "panels"], [tag("figure", [costs.markup(identifier: "costs")])]),
    ])
  }

  /// Against time where all were run, else against size.
  private var costs: CostPlot {
    let times = ranking.checkpoints.compactMap(\.milliseconds)
    let isTimed = times.count == ranking.checkpoints.count
    let axis = isTimed ? "milliseconds a frame" : "parameters run"
    return CostPlot(
      title: "Mean R² against \(axis)", axis: axis,
      points: ranking.checkpoints.enumerated().map { place, entry in
        CostPlot.Point(
          mark: "\(place + 1)", name: name(entry),
          cost: isTimed ? times[place] : Double(max(entry.parameters, 1)),
          score: entry.scores.mean)
      }, reference: LayerPlot.Reference(name: "frames alone", value: ranking.framesAlone.mean))
  }

  /// The first, and those that cannot be told from it.
  private var leaders: [String] {
    guard let first = ranking.checkpoints.first else { return [] }
    return [name(first)] + first.tiedWith.map { name(ranking.checkpoints[$0 - 1]) }
  }

  private var table: HTMLTable {
    HTMLTable(
      "Mean R² over targets of what the outputs of all modules hold together",
      [
        .text("Checkpoint"), .number("mean R²"), .number("parameters run"), .number("ms a frame"),
        .text("language model"), .text("cannot be told from"),
      ],
      rows: ranking.checkpoints.enumerated().map { place, entry in
        [
          .text("\(place + 1). \(name(entry))"), number(entry.scores.mean),
          .text(Figure.parameters(entry.parameters)),
          .text(entry.milliseconds.map { Figure.decimal($0, places: 1) } ?? "cached"),
          .text(entry.includesLanguage ? "run" : "not run"),
          .text(entry.tiedWith.map(String.init).joined(separator: ", ")),
        ]
      } + [["the frames alone", number(ranking.framesAlone.mean), "", "", "", ""]])
  }

  private var differences: Markup {
    let strips = ranking.differences.map(strip)
    let domain = IntervalStrip.domain(of: strips)
    return tag(
      "section", ["aria-labelledby": "differences"],
      [
        tag("h2", ["id": "differences"], ["Who can be told apart"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Differences of mean R² between every two, on the same episodes, with intervals that hold together at "
                + "\(Typography.percent(ranking.confidence)).")
          ]),
        tag(
          "div", ["class": "contrasts"],
          [
            tag(
              "div", ["class": "contrast scale-row", "aria-hidden": "true"],
              [
                tag("span"), tag("span", ["class": "strip-cell"], [IntervalStrip.axis(domain)]),
                tag("span", ["class": "meaning"], ["difference of R²"]), tag("span"),
              ])
          ] + zip(ranking.differences, strips).map { row($0, $1, domain) }),
      ])
  }

  private func row(
    _ difference: ProbeRanking.Difference, _ strip: IntervalStrip, _ domain: ClosedRange<Double>
  ) -> Markup {
    let (first, second) = (
      ranking.checkpoints[difference.first - 1], ranking.checkpoints[difference.second - 1]
    )
    return tag(
      "div", ["class": "contrast"],
      [
        tag(
          "span",
          [
            .text("\(difference.first). \(name(first))"),
            tag("span", ["class": "of"], [.text("less \(difference.second). \(name(second))")]),
          ]),
        tag("span", ["class": "strip-cell"], [strip.markup(domain)]),
        tag(
          "span", ["class": "number"],
          [
            .text(
              Typography.minus(
                Figure.interval(difference.value, strip.lower, strip.upper, places: 3, signed: true)))
          ]),
        tag(
          "span", ["class": "meaning"], [.text(strip.standing == .loses ? "surely more" : "not told apart")]),
      ])
  }

  private func strip(_ difference: ProbeRanking.Difference) -> IntervalStrip {
    IntervalStrip(
      value: difference.value, lower: difference.interval.lower, upper: difference.interval.upper, margin: 0,
      isGain: true)
  }

  private var targets: Markup {
    let rows = ranking.checkpoints.map { (name: name($0), scores: $0.scores) }
    let best = ranking.targets.indices.map { target in rows.map { $0.scores.byTarget[target] }.max() }
    return tag(
      "section", ["aria-labelledby": "targets"],
      [
        tag("h2", ["id": "targets"], ["By target"]),
        HTMLTable(
          "Out-of-fold R², the highest of each target in bold",
          [.text("Checkpoint")]
            + ranking.targets.map { .number(.text(ProbeWords.capitalised(ProbeWords.title(ofTarget: $0)))) },
          rows: rows.map { row in
            [.text(row.name)]
              + zip(row.scores.byTarget, best).map { $0 == $1 ? tag("strong", [number($0)]) : number($0) }
          } + [["the frames alone"] + ranking.framesAlone.byTarget.map { number($0) }]
        ).markup,
      ])
  }

  private var method: Markup {
    .group([
      tag(
        "section", ["aria-labelledby": "method"],
        [
          tag("h2", ["id": "method"], ["Method and limits"]),
          tag(
            "ul", ["class": "plain"],
            ([
              "Scores are of kernel ridge on the outputs of a checkpoint's modules in their finest grids, out of fold, grouped by "
                + "episode, with set, kernel and penalty chosen in inner folds.",
              "The frames alone: fixed features of the frames (wavelet scattering), which no checkpoint is needed for.",
              "Parameters are of all that was run; milliseconds are of this machine, reading of frames included.",
              "Probes show what is decodable, not what a policy would use.",
            ] + ranking.notes).map { tag("li", [.text(Typography.sentence($0))]) }),
        ]),
      Page.reproduction(run, [provenance]),
    ])
  }

  private var provenance: Markup {
    var list = FactList()
    list.add("vlmtool", run.machine.isEmpty ? run.version : "\(run.version) (\(run.machine))")
    list.add("Demonstrations", code: ranking.data)
    for entry in ranking.checkpoints { list.add("\(entry.family), \(entry.precision)", code: entry.path) }
    return list.markup
  }

  private func number(_ value: Double) -> Markup { .text(Typography.minus(Figure.decimal(value))) }
}
