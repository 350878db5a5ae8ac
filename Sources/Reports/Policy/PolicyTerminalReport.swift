package import Policies
internal import Statistics

/// What `vlmtool policy` says on a terminal.
package enum PolicyTerminalReport {
  /// A chunk of actions, a row a step.
  package static func chunk(_ actions: [[Double]], on terminal: Terminal) -> String {
    let width = actions.first?.count ?? 0
    var table = TextTable([.number("step")] + (0..<width).map { .number("action[\($0)]") })
    for (step, action) in actions.enumerated() {
      table.append([.init("\(step)")] + action.map { .init(Figure.decimal($0, places: 6)) })
    }
    return table.render(on: terminal)
  }

  package static func training(_ summary: PolicyTraining.Summary, on terminal: Terminal) -> String {
    var table = TextTable([
      .number("step"), .number("loss"), .number("arm"), .number("gripper"), .number("gripper right"), .number("gradient"),
    ])
    let shown = summary.losses.count > 12 ? stride(from: 0, to: summary.losses.count, by: summary.losses.count / 10).map { $0 } : Array(summary.losses.indices)
    for index in Set(shown + [summary.losses.count - 1]).sorted() where index >= 0 {
      let record = summary.losses[index]
      table.append([
        .init(Figure.count(record.step)), .init(Figure.decimal(record.loss, places: 5)),
        .init(Figure.decimal(record.arm, places: 5)), .init(Figure.decimal(record.gripper, places: 4)),
        .init(Figure.percent(record.gripperAccuracy, places: 1)), .init(Figure.decimal(record.gradient, places: 3)),
      ])
    }
    let head =
      "\(Figure.count(summary.frames, "frame")) of \(Figure.count(summary.episodes, "episode")), camera \(summary.camera), "
      + "\(Figure.count(summary.tasks.count, "task")). \(Figure.parameters(summary.parameters)) new parameters on a VLM that stays as "
      + "it is; \(Figure.count(summary.chunk, "action")) of \(Figure.count(summary.columns.count, "number")) at once."
    return Paragraph.lines(head, on: terminal)
      + summary.notes.map { Paragraph.lines($0, on: terminal) }.joined()
      + "\n" + table.render(on: terminal) + "\n"
      + Paragraph.lines("The policy is \(summary.output).", on: terminal)
  }

  package static func plan(_ plan: FreezePlan, on terminal: Terminal) -> String {
    var table = TextTable([.name("part"), .number("parameters"), .number("trained")])
    for row in plan.rows {
      table.append([
        .init(row.part.rawValue), .init(Figure.parameters(row.parameters)),
        .init(row.trainable == 0 ? "frozen" : Figure.parameters(row.trainable)),
      ])
    }
    table.appendRule()
    table.append([.init("all"), .init(Figure.parameters(plan.parameters)), .init(Figure.parameters(plan.trainable))])
    let memory =
      "Memory: weights \(Figure.bytes(plan.weightBytes)), gradients \(Figure.bytes(plan.gradientBytes)), AdamW "
      + "\(Figure.bytes(plan.optimizerBytes)), activations besides. Arithmetic: \(Figure.scientific(plan.floatingPointOperations)) "
      + "operations for a sample of \(Figure.count(plan.tokens, "token")), attention's own products not counted."
    return table.render(on: terminal) + plan.surprises.map { Paragraph.lines($0, on: terminal) }.joined()
      + Paragraph.lines(memory, on: terminal)
  }

  package static func table(_ paper: PaperTable, on terminal: Terminal) -> String {
    var table = TextTable(
      paper.columns.enumerated().map { $0.offset == 0 || $0.element == "setting" ? .name($0.element) : .number($0.element) })
    for row in paper.rows { table.append(row.map { .init($0) }) }
    return Paragraph.heading(paper.title, on: terminal) + table.render(on: terminal)
      + Paragraph.lines("(\(paper.source)) \(paper.note)", on: terminal)
  }

  package static func name(_ predictor: PolicyEvaluation.Predictor) -> String {
    switch predictor {
    case .head: "head"
    case .ridge: "ridge on the states"
    case .mean: "mean action"
    }
  }

  /// What was evaluated, and how.
  static func setting(_ evaluation: PolicyEvaluation) -> String {
    let commoner = evaluation.commonerGripper.map {
      " The gripper's commoner state is that of \(Figure.percent($0, places: 1)) of the frames."
    } ?? ""
    return
      "\(Figure.count(evaluation.frames, "frame")) of \(Figure.count(evaluation.groups, "independent episode")) in "
      + "\(evaluation.folds) folds; every prediction is of an episode that was not trained on. Skill is 1 - squared error / that of "
      + "the mean, over all numbers of the arm and the \(Figure.count(evaluation.chunk, "step")) of a chunk; intervals are the jackknife's "
      + "over episodes. Steps that inner validation chose: \(evaluation.steps.map { "\($0)" }.joined(separator: ", "))." + commoner
  }

  package static func evaluation(_ evaluation: PolicyEvaluation, on terminal: Terminal) -> String {
    var table = TextTable([.name("predictor"), .number("skill"), .text("95 %"), .number("gripper right"), .text("95 %")])
    for score in evaluation.scores {
      table.append([
        .init(name(score.predictor)), .init(score.skill.map { Figure.decimal($0.value, places: 3) } ?? ""),
        .init(score.skill.map { range($0.interval) { Figure.decimal($0, places: 3) } } ?? ""),
        .init(score.gripperAccuracy.map { Figure.percent($0.value, places: 1) } ?? ""),
        .init(score.gripperAccuracy.map { range($0.interval) { Figure.percent($0, places: 1) } } ?? ""),
      ])
    }
    var errors = TextTable(
      [.name("mean absolute error")] + PolicyEvaluation.Predictor.allCases.flatMap { [.number(name($0)), .text("95 %")] })
    for (column, name) in evaluation.columns.enumerated()
    where column < evaluation.scores[0].armErrors.count && !evaluation.constantColumns.contains(name) {
      errors.append(
        [.init(name)]
          + evaluation.scores.flatMap { score -> [TextTable.Cell] in
            let error = score.armErrors[column]
            return [.init(Figure.significant(error.value)), .init(range(error.interval, Figure.significant))]
          })
    }
    let constant =
      evaluation.constantColumns.isEmpty
      ? "" : Paragraph.lines("Not listed, for they never change: \(evaluation.constantColumns.joined(separator: ", ")).", on: terminal)
    return Paragraph.lines(setting(evaluation), on: terminal) + "\n" + table.render(on: terminal) + "\n"
      + Paragraph.lines("At the first step, in the units of the recorded actions:", on: terminal) + errors.render(on: terminal) + constant
  }

  private static func range(_ interval: Interval, _ written: (Double) -> String) -> String {
    "\(written(interval.lower)) to \(written(interval.upper))"
  }
}
