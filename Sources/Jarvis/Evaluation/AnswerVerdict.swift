package import Grounding

/// What an answer to a question is worth, by this tool's own protocol: `ChoiceScore` for words, `GroundingScore` for places.
package struct AnswerVerdict: Sendable, Equatable, Codable {
  /// `nil` where the truth is a point alone, to which there is only a distance.
  package let isRight: Bool?
  /// Whether an option, a place or any words were named.
  package let isAnswered: Bool
  /// The option named, by its place.
  package let option: Int?
  /// What was taken for the place.
  package let point: PicturePoint?
  /// Pixels from it to the truth.
  package let distance: Double?

  package init(_ answer: String, to question: Question) {
    switch question.truth {
    case .words(let truth):
      let score = ChoiceScore(answer, options: question.options, truth: truth)
      isRight = score.isCorrect
      isAnswered = question.options.isEmpty ? answer.contains { !$0.isWhitespace } : score.chosen != nil
      option = score.chosen
      (point, distance) = (nil, nil)
    case .places(let truths):
      let frame = question.frame
      let answer = GroundedAnswer(answer, picture: frame)
      let scores = truths.map { GroundingScore(answer, $0, picture: frame) }
      // Of several truths the one that the answer is in counts, or else the nearest.
      let best = scores.min {
        ($0.isInside == true ? 0 : 1, $0.distance ?? .infinity) < ($1.isInside == true ? 0 : 1, $1.distance ?? .infinity)
      }
      isRight = best?.isInside
      isAnswered = best?.answered != nil
      option = nil
      (point, distance) = (best?.answered, best?.distance)
    }
  }

  /// Whether another answer to the same question is judged otherwise: right or wrong, with or without an answer, or, where there is no
  /// right or wrong, at another place.
  func differs(from other: AnswerVerdict) -> Bool {
    isRight != other.isRight || isAnswered != other.isAnswered || (isRight == nil && point != other.point)
  }
}
