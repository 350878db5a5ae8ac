package import Runtime
package import Tensors

/// What one model says to the questions of an evaluation.
package struct ModelAnswers: Sendable {
  package struct Answer: Sendable, Equatable {
    package let text: String
    /// Tokens written, where they were counted.
    package let tokens: Int?
    /// Whether the model ended it itself; `nil` where that is not known.
    package let ended: Bool?
  }

  package let model: String
  /// The file that they are from; `nil` where the model ran here.
  package let file: String?
  /// In the order of the questions.
  package let answers: [Answer]

  /// Answers that were cut.
  package var cut: Int { answers.count { $0.ended == false } }

  package init(model: String, file: String?, answers: [Answer]) {
    self.model = model
    self.file = file
    self.answers = answers
  }

  /// Asks a model, the likeliest token each time.
  ///
  /// - Parameters:
  ///   - name: what it is called in reports.
  ///   - limit: tokens of an answer at most.
  ///   - journal: keeps each answer, and has those of a run that was stopped.
  ///   - identity: what a journal's answers depend on but the questions: `AnswerJournal.identity`.
  /// - Throws: what generating throws, with the question's place.
  package init(
    _ model: VisionLanguageModel, named name: String, questions: [Question], limit: Int, journal: AnswerJournal? = nil, identity: String = "",
    progress: ProgressHandler? = nil
  ) throws {
    var answers: [Answer] = []
    for (index, question) in questions.enumerated() {
      progress?(ProgressReport(activity: "asking \(name)", completed: index, total: questions.count, unit: .steps))
      var options = VisionLanguageModel.Options()
      options.limit = limit
      // Of a box without its tags the first corner would be taken for a point.
      options.keepsSpecialTokens = question.kind == .grounding
      do {
        let conversation = try question.conversation()
        let asked = journal == nil
          ? "" : AnswerJournal.asked(conversation, keepsSpecialTokens: options.keepsSpecialTokens, of: identity)
        if let known = journal?.answer(to: asked) {
          answers.append(known)
          continue
        }
        let summary = try model.generate(conversation, options: options)
        let answer = Answer(text: summary.text, tokens: summary.tokens.count, ended: summary.ended)
        try journal?.append(answer, to: question, of: name, asked: asked)
        answers.append(answer)
      } catch let error as VLMError {
        var placed = error
        placed.tensor = "\(question.file), \(question.place) (\(question.id))" + (error.tensor.map { ", \($0)" } ?? "")
        throw placed
      }
    }
    progress?(ProgressReport(activity: "asking \(name)", completed: questions.count, total: questions.count, unit: .steps))
    self.init(model: name, file: nil, answers: answers)
  }
}
