internal import Grounding
package import Jarvis
internal import Statistics

/// What `vlmtool jarvis evaluate` says on a terminal.
package enum EvaluationTerminalReport {
  /// Labels and changed questions in the text; `--json` has all.
  private static let mostLabels = 12
  private static let mostChanged = 6

  package static func render(_ evaluation: JarvisEvaluation, on terminal: Terminal) -> String {
    [
      Paragraph.lines(setting(evaluation), on: terminal), scores(evaluation, on: terminal), labels(evaluation, on: terminal),
      changes(evaluation, on: terminal), remarks(evaluation).map { Paragraph.lines($0, on: terminal) }.joined(),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// What was asked.
  static func setting(_ evaluation: JarvisEvaluation) -> String {
    let kinds = (evaluation.models.first?.kinds ?? []).map { "\(Figure.count($0.questions)) of \($0.name)" }.joined(separator: ", ")
    let refused = evaluation.set.refused.count
    return "\(Figure.count(evaluation.questions.count, "question")) (\(kinds)) in \(Figure.count(evaluation.groups, "group")), "
      + "\(evaluation.grouping.sentence)."
      + (refused == 0 ? "" : " \(Figure.count(refused, "row")) could not be asked and \(refused == 1 ? "is" : "are") left out.")
  }

  private static func scores(_ evaluation: JarvisEvaluation, on terminal: Terminal) -> String {
    table(evaluation, first: "kind", sections: evaluation.models.map { ($0.name, $0.kinds) }).render(on: terminal)
  }

  private static func labels(_ evaluation: JarvisEvaluation, on terminal: Terminal) -> String {
    guard let first = evaluation.models.first, !first.labels.isEmpty else { return "" }
    let left = max(0, first.labels.count - mostLabels) + evaluation.labelsLeftOut
    return table(
      evaluation, first: "label", sections: evaluation.models.map { ($0.name, Array($0.labels.prefix(mostLabels))) }
    ).render(on: terminal)
      + (left == 0 ? "" : Paragraph.lines("Labels not listed: \(Figure.count(left)).", on: terminal))
  }

  private static func table(
    _ evaluation: JarvisEvaluation, first: String, sections: [(name: String, scores: [EvaluationScore])]
  ) -> TextTable {
    let placed = sections.contains { $0.scores.contains { $0.located > 0 } }
    let judged = sections.contains { $0.scores.contains { $0.judged > 0 } }
    var table = TextTable(
      [.name(first), .number("questions")] + (judged ? [.number("right"), .text("95 %")] : []) + [.number("unanswered")]
        + (placed ? [.number("pixels off"), .text("95 %")] : []))
    for (name, scores) in sections {
      if sections.count > 1 { table.appendSection(name) }
      for score in scores {
        table.append(
          [.init(score.name), .init(Figure.count(score.questions))]
            + (judged ? [.init(right(score)), .init(range(score.right))] : []) + [.init(share(score.unanswered))]
            + (placed ? [.init(score.distance.map { pixels($0.value) } ?? ""), .init(range(score.distance))] : []))
      }
    }
    return table
  }

  private static func changes(_ evaluation: JarvisEvaluation, on terminal: Terminal) -> String {
    guard let first = evaluation.models.first, evaluation.models.count > 1 else { return "" }
    let all = evaluation.models.dropFirst().flatMap { model in model.changes.map { (model.name, $0) } }
    let placed = all.contains { $0.1.located > 0 }
    var table = TextTable(
      [.name("against \(first.name)"), .number("right"), .text("95 %"), .number("better"), .number("worse")]
        + (placed ? [.number("pixels off"), .text("95 %")] : []) + [.number("other text")])
    var changed = ""
    for model in evaluation.models.dropFirst() {
      table.appendSection(model.name)
      for change in model.changes {
        table.append(
          [
            .init(change.kind.rawValue), .init(difference(change)), .init(range(change.difference)), .init(Figure.count(change.gained)),
            .init(Figure.count(change.lost)),
          ]
            + (placed
              ? [.init(change.distance.map { Figure.signed($0.value, places: 1) } ?? ""), .init(range(change.distance))] : [])
            + [.init(Figure.count(change.reworded))])
      }
      changed += Paragraph.lines(self.changed(model), on: terminal)
    }
    return table.render(on: terminal) + changed
  }

  /// Which questions are judged otherwise.
  static func changed(_ model: JarvisEvaluation.Model, most: Int = mostChanged) -> String {
    let ids = model.changes.flatMap(\.changed)
    guard !ids.isEmpty else { return "\(model.name): no question is judged otherwise." }
    let rest = ids.count - most
    return "\(model.name): \(Figure.count(ids.count, "question")) \(ids.count == 1 ? "is" : "are") judged otherwise: "
      + ids.prefix(most).joined(separator: ", ") + (rest > 0 ? " and \(Figure.count(rest)) more." : ".")
  }

  /// By what rules, and what was cut.
  static func remarks(_ evaluation: JarvisEvaluation) -> [String] {
    let cut = evaluation.models.filter { $0.said.cut > 0 }.map { model in
      "\(model.name): \(Figure.count(model.said.cut, "answer")) did not end by \(model.said.cut == 1 ? "itself" : "themselves") and "
        + "\(model.said.cut == 1 ? "was" : "were") cut."
    }
    let kinds = Set(evaluation.questions.map(\.kind))
    return cut
      + (kinds.subtracting([.grounding]).isEmpty ? [] : ["Words: \(ChoiceScore.label)."])
      + (kinds.contains(.grounding) ? ["Places: \(GroundingScore.label)."] : [])
      + ["Intervals: \(JarvisEvaluation.intervals)."]
  }

  // MARK: Figures

  /// `75.0 %`, or `75.0 % of 4` where not all have right and wrong.
  static func right(_ score: EvaluationScore) -> String {
    share(score.right) + (score.right == nil || score.judged == score.questions ? "" : " of \(Figure.count(score.judged))")
  }

  static func share(_ share: GroupedShare?) -> String { share.map { Figure.percent($0.value, places: 1) } ?? "" }

  static func range(_ share: GroupedShare?) -> String {
    share?.interval.map { "\(Figure.decimal($0.lower * 100, places: 1)) to \(Figure.percent($0.upper, places: 1))" } ?? ""
  }

  static func pixels(_ value: Double) -> String { Figure.decimal(value, places: 1) }

  static func range(_ median: GroupedMedian?) -> String {
    median?.interval.map { "\(pixels($0.lower)) to \(pixels($0.upper))" } ?? ""
  }

  /// In percentage points.
  static func difference(_ change: EvaluationChange) -> String {
    change.difference.map { Figure.signed($0.value * 100, places: 1) } ?? ""
  }

  static func range(_ difference: PairedShare?) -> String {
    difference?.interval.map { "\(Figure.signed($0.lower * 100, places: 1)) to \(Figure.signed($0.upper * 100, places: 1))" } ?? ""
  }
}
