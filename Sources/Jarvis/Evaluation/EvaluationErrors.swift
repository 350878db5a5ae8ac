package import Tensors

extension VLMError.Code {
  /// A row of questions that lacks something, or has it in another shape.
  package static let questionMalformed = Self("jarvis.question.malformed")
  /// A row's picture that lies outside the folder of the pictures.
  package static let questionPicture = Self("jarvis.question.picture")
  /// A file of questions of another kind, or without any.
  package static let questionFile = Self("jarvis.question.file")
  /// Two questions with one id.
  package static let questionTwice = Self("jarvis.question.twice")
  /// A line of answers that lacks something, or has it in another shape.
  package static let answerMalformed = Self("jarvis.answer.malformed")
  /// Answers that are not those to the questions.
  package static let answerMissing = Self("jarvis.answer.missing")
  /// Two models of one name, or none at all.
  package static let evaluationModels = Self("jarvis.evaluation.models")
}
