internal import Foundation
internal import Probing
internal import Statistics

/// The verdict in plain words, what the encoder saw, the ladder of modules, and the gates.
struct ProbeVerdictSection {
  let report: ProbeReport
  /// The thumbnail as a PNG file; empty when there is none.
  let png: [UInt8]

  var markup: Markup {
    .group([
      tag(
        "section",
        ["class": "verdict tone-\(report.overall.outcome.rawValue)", "aria-labelledby": "verdict"],
        [statement, thumbnail]),
      ladder, gates,
    ])
  }

  private var statement: Markup {
    let verdict = report.overall
    let parts = [
      tag("p", ["class": "label"], ["Verdict"]),
      tag("h2", ["id": "verdict"], [.text(ProbeWords.headline(verdict))]),
      tag("p", [.text(Typography.sentence(verdict.sentence))]),
      verdict.reasons.isEmpty
        ? .nothing
        : tag("ul", ["class": "plain"], verdict.reasons.map { tag("li", [.text(Typography.sentence($0))]) }),
    ]
    return tag("div", parts)
  }

  private var thumbnail: Markup {
    let image = report.thumbnail
    let data = report.data
    if png.isEmpty { return .nothing }
    return tag(
      "figure",
      [
        tag(
          "img",
          [
            "src": "data:image/png;base64,\(Data(png).base64EncodedString())",
            "width": "\(image.width)", "height": "\(image.height)",
            "alt": "First frame of the demonstrations, camera \(data.imageKey)",
          ]),
        tag(
          "figcaption",
          [
            .text(
              "First frame as the encoder got it (\(data.imageKey), \(data.orientation)). Is it the right way up?"
            )
          ]),
      ])
  }

  /// The path of information through the model, with the largest loss found in each part.
  private var ladder: Markup {
    let modules = report.modules
    let unprobed = [ProbeModule.language].filter { !modules.contains($0) }
    return tag(
      "ol", ["class": "ladder", "aria-label": "Modules in the order of processing"],
      [
        tag(
          "li",
          [
            tag("strong", ["Camera image"]),
            .text("\(report.data.imageWidth) × \(report.data.imageHeight) pixels"),
          ])
      ] + modules.map(step)
        + unprobed.map { module in
          tag(
            "li", ["class": "unprobed"],
            [tag("strong", [.text(ProbeWords.capitalised(module.name))]), "not probed"])
        })
  }

  private func step(_ module: ProbeModule) -> Markup {
    let named = report.overall.modules.contains(module)
    let losses = report.contrasts.filter { $0.module == module && $0.value.isFinite }
    let worst = losses.max { $0.value < $1.value }
    let text =
      worst.map { loss in
        "largest loss of R²: "
          + Typography.minus(Figure.interval(loss.value, loss.interval.lower, loss.interval.upper))
          + ", \(ProbeWords.target(loss.target, report))"
      } ?? (module == .fusion ? "not judged: no target takes picture and task" : "no loss could be measured")
    return tag(
      "li", ["class": named ? "named" : nil],
      [
        tag("strong", [.text(ProbeWords.capitalised(module.name))]),
        tag("span", ["class": "loss"], [.text(text)]),
      ])
  }

  /// Every condition for every target, then those that failed with their numbers; the others' numbers stand with the losses.
  private var gates: Markup {
    let all = report.verdicts + (report.overall.gates.isEmpty ? [] : [report.overall])
    var names: [String] = []
    for gate in all.flatMap(\.gates) where !names.contains(gate.name) { names.append(gate.name) }
    guard !names.isEmpty else { return .nothing }
    var table = HTMLTable(
      "Conditions by target",
      [.text("Condition")] + all.map { .text(.text(ProbeWords.capitalised(title($0)))) },
      rows: names.map { name in
        [.text(ProbeWords.gate(name))]
          + all.map { verdict in verdict.gates.first { $0.name == name }.map(cell) ?? "" }
      })
    table.rows.append(
      ["verdict"]
        + all.map { verdict in
          tag(
            "span", ["class": "badge tone-\(verdict.outcome.rawValue)"], [.text(ProbeWords.headline(verdict))]
          )
        })
    let failed = all.filter { $0.gates.contains { !$0.passed && $0.required } }
    return tag(
      "section", ["aria-labelledby": "gates"],
      [
        tag("h2", ["id": "gates"], ["Conditions for a verdict"]),
        tag(
          "p", ["class": "lead"],
          [
            "Where a needed condition fails, the answer is \u{201C}not identifiable\u{201D}, whatever the curves look like."
          ]), table.markup,
      ]
        + failed.flatMap { verdict in
          [
            tag("h3", [.text("What failed for the \(title(verdict))")]),
            ProbeGateList(gates: verdict.gates.filter { !$0.passed && $0.required }).markup,
          ]
        })
  }

  private func title(_ verdict: ProbeVerdict) -> String {
    verdict.target.map { ProbeWords.target($0, report) } ?? "all targets"
  }

  private func cell(_ gate: ProbeGate) -> Markup {
    let state = ProbeGateList.state(gate)
    return tag("span", ["class": state.style], [.text("\(state.mark) \(state.word)")])
  }
}
