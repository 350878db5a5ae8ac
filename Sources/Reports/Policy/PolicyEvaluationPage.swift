package import Policies
internal import Statistics

/// The HTML report of an open-loop evaluation: the head beside ridge regression and the mean, each with its interval.
package struct PolicyEvaluationPage: Sendable {
  package let evaluation: PolicyEvaluation
  package let checkpoint: String
  package let data: String
  package let run: RunContext

  package init(_ evaluation: PolicyEvaluation, checkpoint: String, data: String, run: RunContext) {
    self.evaluation = evaluation
    self.checkpoint = checkpoint
    self.data = data
    self.run = run
  }

  package func rendered() -> String {
    Page(
      title: "Policy on \(ProbeWords.shortName(checkpoint))", description: PolicyTerminalReport.setting(evaluation),
      body: [header, tag("main", [answer, errors, Page.reproduction(run, [provenance])]), Page.footer(run)]
    ).rendered()
  }

  private var header: Markup {
    tag(
      "header",
      [
        tag("p", ["class": "eyebrow"], ["vlmtool policy evaluate"]),
        tag("h1", ["How well are the actions of other episodes predicted?"]),
        tag("p", ["class": "subject"], [.text(Typography.sentence(PolicyTerminalReport.setting(evaluation)))]),
      ])
  }

  private var answer: Markup {
    let strips = evaluation.scores.compactMap { score in
      score.skill.map { (score.predictor, $0, IntervalStrip(value: $0.value, lower: $0.interval.lower, upper: $0.interval.upper, margin: 0, isGain: true)) }
    }
    let domain = IntervalStrip.domain(of: strips.map(\.2))
    var table = HTMLTable(
      "Skill and gripper", [.text("predictor"), .number("skill, 95 %"), .text(IntervalStrip.axis(domain)), .number("gripper right, 95 %")])
    for score in evaluation.scores {
      let strip = strips.first { $0.0 == score.predictor }
      table.rows.append([
        .text(PolicyTerminalReport.name(score.predictor)), .text(text(score.skill) { Figure.decimal($0, places: 3) }),
        strip.map { $0.2.markup(domain) } ?? .nothing,
        .text(text(score.gripperAccuracy) { Figure.percent($0, places: 1) }),
      ])
    }
    return tag(
      "section", ["aria-labelledby": "skill"],
      [
        tag("h2", ["id": "skill"], ["Skill"]),
        tag(
          "p", ["class": "lead"],
          ["0 is the mean of the demonstrations, 1 perfect. Open loop: whether a robot then does its task is another question."]),
        table.markup,
      ])
  }

  private var errors: Markup {
    let columns = evaluation.columns.indices.filter {
      $0 < evaluation.scores[0].armErrors.count && !evaluation.constantColumns.contains(evaluation.columns[$0])
    }
    let table = HTMLTable(
      "Mean absolute error at the first step, in the units of the recorded actions",
      [.text("number")] + evaluation.scores.map { .number(.text(PolicyTerminalReport.name($0.predictor) + ", 95 %")) },
      rows: columns.map { column in
        [.text(evaluation.columns[column])]
          + evaluation.scores.map { .text(text($0.armErrors[column], Figure.significant)) }
      })
    let left = evaluation.constantColumns
    return tag(
      "section", ["aria-labelledby": "errors"],
      [
        tag("h2", ["id": "errors"], ["Errors"]), table.markup,
        left.isEmpty ? .nothing : tag("p", [.text("Not listed, for they never change: \(left.joined(separator: ", ")).")]),
      ])
  }

  private func text(_ estimate: ClusterEstimate?, _ written: (Double) -> String) -> String {
    guard let estimate else { return "" }
    return Typography.minus(
      "\(written(estimate.value)) [\(written(estimate.interval.lower)), \(written(estimate.interval.upper))]")
  }

  private var provenance: Markup {
    var list = FactList()
    list.add("vlmtool", run.machine.isEmpty ? run.version : "\(run.version) (\(run.machine))")
    list.add("VLM", code: checkpoint)
    list.add("Demonstrations", code: data)
    return list.markup
  }
}
