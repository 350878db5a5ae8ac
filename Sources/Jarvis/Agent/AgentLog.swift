package import ActionTokens
package import Runtime
package import Tensors

/// What an agent did with a sequence of frames, for reports and `--json`.
package struct AgentLog: Encodable, Sendable {
  package struct Frame: Encodable, Sendable {
    package let name: String
    /// With the number of the answer that it is of.
    package let action: ActionLine
    /// Seconds from the frame to its action.
    @OfThisRun package var seconds: Double
  }

  /// What was said to one of the frames.
  package struct Answer: Encodable, Sendable {
    package let frame: String
    package let instruction: String
    package let text: String
    package let tokens: [Int]
    package let promptTokens: Int
    package let imageTokens: Int
    /// Whether the model ended it itself, and not the limit.
    package let ended: Bool
    package let holdsAction: Bool
    package let remarks: [ActionRemark]
    @OfThisRun package var seconds: Parts
  }

  /// Where the time of an answer went.
  package struct Parts: Encodable, Sendable {
    package let pictures: Double
    package let prompt: Double
    package let writing: Double
  }

  package private(set) var frames: [Frame] = []
  package private(set) var answers: [Answer] = []
  /// Answers in which no action was said: the agent stands still.
  package private(set) var withoutAction = 0
  /// How often each kind of remark was made.
  package private(set) var remarks: [String: Int] = [:]

  package init() {}

  package mutating func append(_ name: String, _ step: Agent.Step, seconds: Double) {
    if let answer = step.answer {
      let summary = answer.summary
      answers.append(
        Answer(
          frame: name, instruction: answer.question.instruction, text: summary.text, tokens: summary.tokens,
          promptTokens: summary.promptTokens, imageTokens: summary.imageTokens, ended: summary.ended,
          holdsAction: answer.decoded.holdsAction, remarks: answer.decoded.remarks,
          seconds: Parts(
            pictures: summary.visionSeconds, prompt: summary.promptSeconds - summary.visionSeconds,
            writing: max(0, seconds - summary.promptSeconds))))
      if !answer.decoded.holdsAction { withoutAction += 1 }
      for remark in answer.decoded.remarks { remarks[remark.kind.rawValue, default: 0] += 1 }
    }
    frames.append(
      Frame(name: name, action: ActionLine(step.action, answer: answers.count - 1), seconds: seconds))
  }
}
