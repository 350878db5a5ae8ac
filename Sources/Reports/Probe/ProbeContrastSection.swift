internal import Probing
internal import Statistics

/// What each module loses, target by target, against the margin.
struct ProbeContrastSection {
  let report: ProbeReport

  var markup: Markup {
    let domain = IntervalStrip.domain(of: report.contrasts.map(strip))
    return tag(
      "section", ["aria-labelledby": "contrasts"],
      [
        tag("h2", ["id": "contrasts"], ["Loss by module"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Loss is a difference of out-of-fold R², with simultaneous \(Typography.percent(report.settings.confidence)) "
                + "intervals over all targets and modules; below a module's name, the error of what is told before it and after it, as root "
                + "of the mean square. Shaded: the margin, below which a difference is not worth naming."
            )
          ]),
        tag("p", ["class": "note"], formulas),
        tag(
          "div", ["class": "contrasts"],
          [
            tag(
              "div", ["class": "contrast scale-row", "aria-hidden": "true"],
              [
                tag("span"), tag("span", ["class": "strip-cell"], [IntervalStrip.axis(domain)]),
                tag("span", ["class": "meaning"], ["loss of R²"]), tag("span"),
              ])
          ] + report.verdicts.map { target($0, domain) }),
      ])
  }

  private var formulas: [Markup] {
    var seen: Set<String> = []
    let distinct = report.contrasts.filter { seen.insert($0.formula).inserted }
    let parts = distinct.map { contrast -> [Markup] in
      [symbol(contrast.module), .text(" = \(contrast.formula)")]
    }
    let outputs = report.modules.filter { $0 != .fusion }.map { "\($0.letter): \($0.short) output, " }
      .joined()
    return Array(parts.joined(separator: [";  "])) + [
      .text(
        ".  S: score of the best of the sets listed, with kernel ridge that is told the task; R: features of the frames, "
          + "\(outputs)each in its finest grid.")
    ]
  }

  private func target(_ verdict: ProbeVerdict, _ domain: ClosedRange<Double>) -> Markup {
    let name = verdict.target ?? ""
    let rows = report.contrasts.filter { $0.target == name }
    return .group(
      [
        tag(
          "div", ["class": "target-head tone-\(verdict.outcome.rawValue)"],
          [
            tag("h3", [.text(ProbeWords.capitalised(ProbeWords.target(name, report)))]),
            tag("span", ["class": "badge"], [.text(ProbeWords.headline(verdict))]),
          ])
      ] + rows.map { row($0, domain) } + [details(verdict)])
  }

  private func row(_ contrast: ProbeContrast, _ domain: ClosedRange<Double>) -> Markup {
    let strip = strip(contrast)
    let meaning =
      switch strip.standing {
      case .loses: "above margin"
      case .keeps: "below margin"
      case .open: "spans margin"
      }
    return tag(
      "div", ["class": "contrast"],
      [
        tag(
          "span",
          [.text(ProbeWords.capitalised(contrast.module.name) + " "), symbol(contrast.module)]
            + contrast.units.map { tag("span", ["class": "of"], [.text($0.change)]) }),
        tag("span", ["class": "strip-cell"], [strip.markup(domain)]),
        tag(
          "span", ["class": "number"],
          [
            .text(
              Typography.minus(
                Figure.interval(contrast.value, strip.lower, strip.upper, places: 3, signed: true)))
          ]),
        tag("span", ["class": "meaning"], [.text("\(meaning) \(Figure.decimal(strip.margin, places: 3))")]),
      ])
  }

  private func details(_ verdict: ProbeVerdict) -> Markup {
    .group([
      tag("p", [.text(Typography.sentence(verdict.sentence))]),
      tag(
        "details",
        [
          tag("summary", ["Reasons and conditions"]),
          verdict.reasons.isEmpty
            ? .nothing
            : tag(
              "ul", ["class": "plain"], verdict.reasons.map { tag("li", [.text(Typography.sentence($0))]) }),
          ProbeGateList(gates: verdict.gates).markup,
        ]),
    ])
  }

  /// `g_vis`, as the formulas call a loss.
  private func symbol(_ module: ProbeModule) -> Markup {
    tag("i", ["g", tag("sub", [.text(module.index)])])
  }

  private func strip(_ contrast: ProbeContrast) -> IntervalStrip {
    let delta = report.references.first { $0.target == contrast.target }?.delta ?? report.settings.margin
    return IntervalStrip(
      value: contrast.value, lower: contrast.interval.lower, upper: contrast.interval.upper, margin: delta)
  }
}
