package import ActionTokens

/// Keys and mouse over the steps of an agent, for drawing.
package struct ActionStrip: Sendable {
  package struct Step: Sendable {
    package let action: KeyboardMouseAction
    /// Which answer it is of, from 0.
    package let answer: Int
    /// Whether the agent carries it out.
    package let isTaken: Bool
    /// Whether any token said it; a null action stands for an answer without one.
    package let isSaid: Bool
  }

  package let steps: [Step]

  package init(_ log: AnswerLog) {
    steps = log.answers.enumerated().flatMap { answer, entry in
      entry.actions.map {
        Step(action: $0.decoded.action, answer: answer, isTaken: $0.isTaken, isSaid: $0.decoded.span != nil)
      }
    }
  }

  /// Keys that any step presses, hotbar keys left out, which share a row.
  var keys: [Key] {
    let pressed = steps.reduce(into: Keys()) { $0.formUnion($1.action.keys) }
    return pressed.list.filter { $0 < .hotbar1 }
  }

  var hasHotbar: Bool { steps.contains { $0.hotbar != nil } }
  var turns: Bool { steps.contains(where: \.turns) }
}

extension ActionStrip.Step {
  /// 1 to 9.
  var hotbar: Int? {
    action.keys.list.first { $0 >= .hotbar1 }.map { $0.rawValue - Key.hotbar1.rawValue + 1 }
  }

  var turns: Bool { action.pitch != 0 || action.yaw != 0 }

  /// Degrees by which the view turns.
  var degrees: Double { (action.pitch * action.pitch + action.yaw * action.yaw).squareRoot() }
}
