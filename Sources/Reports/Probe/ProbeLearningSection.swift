internal import Probing

/// How the scores grow with the episodes trained on.
struct ProbeLearningSection {
  let report: ProbeReport

  var markup: Markup {
    guard report.learning.contains(where: { $0.points.count > 1 }) else { return .nothing }
    return tag(
      "section", ["aria-labelledby": "learning"],
      [
        tag("h2", ["id": "learning"], ["With fewer episodes"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Out-of-fold R² when only some of the episodes are trained on and all are tested, by the kernels that losses are found "
                + "with. Band: one standard error over episodes on either side. Where two curves keep their distance, "
                + "more episodes will not close it.")
          ]),
        report.learningSentence.map { tag("p", [.text(Typography.sentence($0))]) } ?? .nothing,
        legend, tag("div", ["class": "panels"], report.targets.enumerated().map { panel($1, number: $0) }),
      ])
  }

  private func curves(_ target: ProbeTargetFacts) -> [LearningPlot.Curve] {
    let own = report.learning.filter { $0.target == target.name }
    let modules = own.compactMap(\.module)
    return own.map { curve in
      let place = curve.module.flatMap(modules.firstIndex(of:))
      return LearningPlot.Curve(
        name: curve.module.map { "from the \($0.short)'s output on" } ?? "fixed features of the frames",
        style: place.map { .exit(modules.count - 1 - $0) } ?? .frames,
        points: curve.points.map {
          LearningPlot.Point($0.episodes, score: $0.r2, spread: $0.spread)
        })
    }
  }

  private var legend: Markup {
    let curves = report.targets.first.map(curves) ?? []
    return LegendList.markup(
      curves.map { (swatch: [SVG.line(1, 7, 35, 7, "curve \($0.style.name)")], name: $0.name) })
  }

  private func panel(_ target: ProbeTargetFacts, number: Int) -> Markup {
    let title = ProbeWords.capitalised(target.title)
    return tag(
      "figure",
      [
        tag("figcaption", [.text(title)]),
        LearningPlot(title: "\(title) with fewer episodes", curves: curves(target)).markup(
          identifier: "learning-\(number)"),
      ])
  }
}
