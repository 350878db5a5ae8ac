package import Policies

/// The HTML report of a training: how its losses fell, and what was trained on what.
package struct PolicyTrainingPage: Sendable {
  package let summary: PolicyTraining.Summary
  package let run: RunContext

  package init(_ summary: PolicyTraining.Summary, run: RunContext) {
    self.summary = summary
    self.run = run
  }

  package func rendered() -> String {
    Page(
      title: "Training: \(ProbeWords.shortName(summary.output))", description: subject,
      body: [header, tag("main", [losses, notes, Page.reproduction(run, [provenance])]), Page.footer(run)]
    ).rendered()
  }

  private var subject: String {
    "\(Figure.parameters(summary.parameters)) new parameters on \(ProbeWords.shortName(summary.checkpoint)), which stays as it is; "
      + "\(Figure.count(summary.frames, "frame")) of \(Figure.count(summary.episodes, "episode")), camera \(summary.camera), "
      + "\(Figure.count(summary.tasks.count, "task"))."
  }

  private var header: Markup {
    tag(
      "header",
      [
        tag("p", ["class": "eyebrow"], ["vlmtool policy train"]), tag("h1", ["How the policy's losses fell"]),
        tag("p", ["class": "subject"], [.text(subject)]),
      ])
  }

  private var losses: Markup {
    func panel(_ title: String, _ identifier: String, _ loss: (PolicyTrainer.Record) -> Double) -> Markup {
      let points = summary.losses.map { LearningPlot.Point(Double($0.step), score: loss($0)) }
      let plot = LearningPlot(title: title, axes: .steps, curves: [.init(name: title, style: .exit(0), points: points)])
      return tag("figure", [tag("figcaption", [.text(title)]), plot.markup(identifier: identifier)])
    }
    return tag(
      "section", ["aria-labelledby": "losses"],
      [
        tag("h2", ["id": "losses"], ["Losses"]),
        tag(
          "p", ["class": "lead"],
          [
            "Each point is one batch of the training frames. How the policy does on others is what ",
            tag("code", ["vlmtool policy evaluate"]), " says.",
          ]),
        tag(
          "div", ["class": "panels"],
          [panel("Loss of the arm", "arm", \.arm), panel("Loss of the gripper, before it is weighted", "gripper", \.gripper)]),
        table.markup,
      ])
  }

  private var table: HTMLTable {
    HTMLTable(
      "Losses",
      [.text("step"), .number("loss"), .number("arm"), .number("gripper"), .number("gripper right"), .number("gradient")],
      dense: true,
      rows: summary.losses.map { record in
        [
          .text(Figure.count(record.step)), .text(Figure.decimal(record.loss, places: 5)),
          .text(Figure.decimal(record.arm, places: 5)), .text(Figure.decimal(record.gripper, places: 4)),
          .text(Figure.percent(record.gripperAccuracy, places: 1)), .text(Figure.decimal(record.gradient, places: 3)),
        ]
      })
  }

  private var notes: Markup {
    guard !summary.notes.isEmpty else { return .nothing }
    return tag(
      "section", ["aria-labelledby": "notes"],
      [
        tag("h2", ["id": "notes"], ["Choices"]),
        tag("ul", ["class": "plain"], summary.notes.map { tag("li", [.text(Typography.sentence($0))]) }),
      ])
  }

  private var provenance: Markup {
    var list = FactList()
    list.add("vlmtool", run.machine.isEmpty ? run.version : "\(run.version) (\(run.machine))")
    list.add("VLM", code: summary.checkpoint)
    list.add("Demonstrations", code: summary.data)
    list.add("Policy", code: summary.output)
    list.add("Actions", "\(summary.actions), \(summary.chunk) at once: \(summary.columns.joined(separator: ", "))")
    list.add("Instructions", summary.tasks.joined(separator: "; "))
    return list.markup
  }
}
