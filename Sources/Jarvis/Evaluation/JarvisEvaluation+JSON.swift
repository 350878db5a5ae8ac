internal import Grounding
internal import Statistics

extension JarvisEvaluation: Encodable {
  private enum Key: String, CodingKey { case protocols = "protocol", files, rows, groups, grouping, models, labelsLeftOut, questions, refused }
  private enum ProtocolKey: String, CodingKey { case words, places, intervals }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    var protocols = container.nestedContainer(keyedBy: ProtocolKey.self, forKey: .protocols)
    try protocols.encode(ChoiceScore.label, forKey: .words)
    try protocols.encode(GroundingScore.label, forKey: .places)
    try protocols.encode(Self.intervals, forKey: .intervals)
    try container.encode(set.files, forKey: .files)
    try container.encode(set.rows, forKey: .rows)
    try container.encode(groups, forKey: .groups)
    try container.encode(grouping, forKey: .grouping)
    try container.encode(models, forKey: .models)
    try container.encode(labelsLeftOut, forKey: .labelsLeftOut)
    try container.encode(set.refused, forKey: .refused)
    try container.encode(
      questions.enumerated().map { index, question in
        Judged(
          id: question.id, file: question.file, place: question.place, kind: question.kind, labels: question.labels,
          verdicts: models.map { $0.verdicts[index] })
      }, forKey: .questions)
  }

  /// How intervals are made, for people.
  package static let intervals =
    "95 %: shares by Wilson's formula, differences by that of Bonett and Price, with as many questions as groups leave independent "
    + "(Korn and Graubard); medians by a bootstrap of \(GroupedMedian.draws) draws of whole groups"

  private struct Judged: Encodable {
    let id: String
    let file: String
    let place: String
    let kind: Question.Kind
    let labels: [String]
    let verdicts: [AnswerVerdict]
  }
}

extension JarvisEvaluation.Model: Encodable {
  private enum Key: String, CodingKey { case name, file, cut, kinds, labels, changes }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encodeIfPresent(said.file, forKey: .file)
    try container.encode(said.cut, forKey: .cut)
    try container.encode(kinds, forKey: .kinds)
    try container.encode(labels, forKey: .labels)
    try container.encode(changes, forKey: .changes)
  }
}
