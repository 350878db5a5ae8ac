internal import Grounding
package import Tensors

/// How models answer questions of knowledge, recognition and grounding, and what differs between them.
///
/// The protocol is this tool's own, the authors of JARVIS-VLA having published none: `ChoiceScore.label`, `GroundingScore.label`.
package struct JarvisEvaluation: Sendable {
  /// One model's answers and what they came to.
  package struct Model: Sendable {
    package let said: ModelAnswers
    /// In the order of the questions.
    package let verdicts: [AnswerVerdict]
    /// Of the kinds of question that there are.
    package let kinds: [EvaluationScore]
    package let labels: [EvaluationScore]
    /// Kind by kind against the first model; none of the first itself.
    package let changes: [EvaluationChange]

    package var name: String { said.model }
  }

  package let set: QuestionSet
  package let grouping: QuestionGrouping
  package let groups: Int
  package let models: [Model]
  /// Labels of two questions or more that are not in the tables, for there are too many.
  package let labelsLeftOut: Int

  /// Labels in the tables at most.
  package static let mostLabels = 40

  package var questions: [Question] { self.set.questions }

  /// - Throws: what `check` does.
  package init(_ set: QuestionSet, _ answers: [ModelAnswers], grouping: QuestionGrouping = .picture) throws(VLMError) {
    try Self.check(answers.map(\.model))
    let questions = set.questions
    let groups = Groups(questions.map(grouping.key))
    let all = questions.indices
    let kinds = Question.Kind.allCases.map { kind in (kind, all.filter { questions[$0].kind == kind }) }.filter { !$0.1.isEmpty }
    let (labels, left) = Self.labels(questions)
    var models: [Model] = []
    for said in answers {
      let verdicts = zip(said.answers, questions).map { AnswerVerdict($0.text, to: $1) }
      models.append(
        Model(
          said: said, verdicts: verdicts,
          kinds: kinds.map { EvaluationScore($0.0.rawValue, $0.1, verdicts, groups) },
          labels: labels.map { EvaluationScore($0.label, $0.questions, verdicts, groups) },
          changes: models.first.map { first in
            kinds.map { EvaluationChange($0.0, $0.1, of: (said, verdicts), against: (first.said, first.verdicts), questions, groups) }
          } ?? []))
    }
    (self.set, self.grouping, self.models, labelsLeftOut) = (set, grouping, models, left)
    self.groups = groups.count
  }

  /// Refuses names of models of which two are alike, or there is none: `jarvis.evaluation.models`.
  package static func check(_ models: [String]) throws(VLMError) {
    guard !models.isEmpty else {
      throw VLMError(.evaluationModels, "there is no model to evaluate", remedy: "name a checkpoint, or --from-answers")
    }
    for (index, model) in models.enumerated() where models[..<index].contains(model) {
      throw VLMError(.evaluationModels, "two models are called \(model)", remedy: "leave one out, or name it otherwise")
    }
  }

  /// Labels that two questions or more have, and not all, the most frequent first.
  private static func labels(_ questions: [Question]) -> (shown: [(label: String, questions: [Int])], left: Int) {
    var found: [String: [Int]] = [:]
    for (index, question) in questions.enumerated() {
      for label in question.labels { found[label, default: []].append(index) }
    }
    let told = found.filter { $0.value.count > 1 && $0.value.count < questions.count }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { (label: $0.key, questions: $0.value) }
    return (Array(told.prefix(mostLabels)), max(0, told.count - mostLabels))
  }

  /// Questions for a page: those that most models have wrong first, in the order of the files among equals.
  package var worstFirst: [Int] {
    func badness(_ index: Int) -> Double {
      models.reduce(0.0) { sum, model in
        let verdict = model.verdicts[index]
        if let isRight = verdict.isRight { return sum + (isRight ? 0 : 2) }
        // A point alone: wrong as far as it is far, a whole frame's width at most.
        guard let distance = verdict.distance else { return sum + 2 }
        return sum + min(1, distance / Double(questions[index].frame.width))
      }
    }
    let ranks = questions.indices.map(badness)
    return questions.indices.sorted { (ranks[$1], $0) < (ranks[$0], $1) }
  }
}

/// Groups of questions, counted from 0.
struct Groups {
  let of: [Int]
  let count: Int

  init(_ keys: [String]) {
    var numbers: [String: Int] = [:]
    var of: [Int] = []
    for key in keys {
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      of.append(number)
    }
    (self.of, count) = (of, numbers.count)
  }

  /// What `value` gives of `questions`, group by group.
  func gathered<Value>(_ questions: [Int], _ value: (Int) -> Value?) -> [[Value]] {
    var found: [Int: [Value]] = [:]
    for index in questions { if let value = value(index) { found[of[index], default: []].append(value) } }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }
}
