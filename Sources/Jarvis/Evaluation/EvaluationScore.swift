package import Statistics

/// How a model does on some questions.
package struct EvaluationScore: Encodable, Sendable, Equatable {
  /// A kind of question, or a label.
  package let name: String
  package let questions: Int
  package let groups: Int
  /// Questions that an answer is right or wrong to.
  package let judged: Int
  package let right: GroupedShare?
  /// The share of answers that name no option, no place, or nothing.
  package let unanswered: GroupedShare
  /// Questions that have a distance to the truth.
  package let located: Int
  /// The median of it, in pixels.
  package let distance: GroupedMedian?

  init(_ name: String, _ questions: [Int], _ verdicts: [AnswerVerdict], _ groups: Groups) {
    self.name = name
    self.questions = questions.count
    let right = groups.gathered(questions) { verdicts[$0].isRight }
    let answered = groups.gathered(questions) { verdicts[$0].isAnswered }
    let distances = groups.gathered(questions) { verdicts[$0].distance }
    self.groups = answered.count
    judged = right.reduce(0) { $0 + $1.count }
    self.right = GroupedShare(right.map { GroupedCount(yes: $0.count { $0 }, count: $0.count) })
    // There is at least one question.
    unanswered = GroupedShare(answered.map { GroupedCount(yes: $0.count { !$0 }, count: $0.count) })!
    located = distances.reduce(0) { $0 + $1.count }
    distance = GroupedMedian(distances)
  }
}

/// What a model does otherwise than another on the same questions.
package struct EvaluationChange: Encodable, Sendable, Equatable {
  package let kind: Question.Kind
  package let questions: Int
  /// Of those, the ones that an answer is right or wrong to.
  package let judged: Int
  /// Right now and wrong before, and the other way round.
  package let gained: Int
  package let lost: Int
  /// Of the share that is right.
  package let difference: PairedShare?
  /// Questions that both place.
  package let located: Int
  /// The median of what the distance to the truth grew by, in pixels.
  package let distance: GroupedMedian?
  /// Ids of the questions that are judged otherwise, in order.
  package let changed: [String]
  /// Answers that are another text.
  package let reworded: Int

  init(
    _ kind: Question.Kind, _ indices: [Int], of now: (ModelAnswers, [AnswerVerdict]), against before: (ModelAnswers, [AnswerVerdict]),
    _ questions: [Question], _ groups: Groups
  ) {
    self.kind = kind
    self.questions = indices.count
    let pairs = groups.gathered(indices) { index -> (before: Bool, now: Bool)? in
      guard let one = before.1[index].isRight, let other = now.1[index].isRight else { return nil }
      return (one, other)
    }
    let changes = pairs.map { pairs in
      GroupedChange(
        gained: pairs.count { !$0.before && $0.now }, lost: pairs.count { $0.before && !$0.now }, count: pairs.count)
    }
    judged = changes.reduce(0) { $0 + $1.count }
    gained = changes.reduce(0) { $0 + $1.gained }
    lost = changes.reduce(0) { $0 + $1.lost }
    difference = PairedShare(changes)
    let farther = groups.gathered(indices) { index -> Double? in
      guard let one = before.1[index].distance, let other = now.1[index].distance else { return nil }
      return other - one
    }
    located = farther.reduce(0) { $0 + $1.count }
    distance = GroupedMedian(farther)
    changed = indices.filter { now.1[$0].differs(from: before.1[$0]) }.map { questions[$0].id }
    reworded = indices.count { now.0.answers[$0].text != before.0.answers[$0].text }
  }
}
