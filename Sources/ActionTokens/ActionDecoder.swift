/// Which actions of an answer an agent carries out.
package struct TakenActions: Hashable, Sendable {
  package enum End: String, Hashable, Sendable, CaseIterable {
    /// As JarvisVLA does.
    case first
    /// As OpenHA does.
    case last
  }

  package var end: End
  /// How many at most; `nil` for all.
  package var length: Int?

  package init(_ end: End = .first, length: Int? = nil) {
    self.end = end
    self.length = length
  }

  package func range(of count: Int) -> Range<Int> {
    let taken = min(length ?? count, count)
    return end == .first ? 0..<taken : count - taken..<count
  }
}

/// An answer's tokens to actions, by the rules of the authors' code; what that code passes over in silence is told.
///
/// Each begin up to the next end is an action. Tokens within it that are none of an action's are skipped; of two of one group
/// the later counts; a missing bin of the camera is rest, and a camera that is not at rest sets its flag. A begin without an
/// end is ignored, and without any action the answer is one null action. Takes time linear in the answer's length.
package struct ActionDecoder: Sendable {
  package var taken: TakenActions

  package init(taken: TakenActions = TakenActions()) { self.taken = taken }

  package struct Action: Hashable, Sendable {
    package let grouped: GroupedAction
    /// From begin to end, by the position of each; `nil` for the null action of an answer without any.
    package let span: ClosedRange<Int>?

    package var index: ActionIndex { grouped.index }
    package var action: KeyboardMouseAction { KeyboardMouseAction(grouped.index) }
  }

  package struct Answer: Hashable, Sendable {
    /// One at least.
    package let actions: [Action]
    /// Which of `actions` the agent carries out.
    package let taken: Range<Int>
    package let remarks: [ActionRemark]

    /// Whether any action was said.
    package var holdsAction: Bool { actions[0].span != nil }
  }

  package func decode(_ elements: [AnswerElement]) -> Answer {
    var actions: [Action] = []
    var remarks: [ActionRemark] = []
    var outside: [AnswerElement] = []
    var next = 0
    while let begin = elements[next...].firstIndex(where: { $0.content == .reserved(ActionVocabulary.begin) }) {
      guard let end = elements[(begin + 1)...].firstIndex(where: { $0.content == .reserved(ActionVocabulary.end) })
      else {
        remarks.append(
          ActionRemark(
            .unterminated, "an action begins and does not end: it is not carried out",
            position: elements[begin].position))
        outside += elements[next..<begin]
        next = elements.count
        break
      }
      outside += elements[next..<begin]
      let grouped = grouped(elements[(begin + 1)..<end], beginsAt: elements[begin].position, &remarks)
      actions.append(Action(grouped: grouped, span: elements[begin].position...elements[end].position))
      next = end + 1
    }
    outside += elements[next...]
    remarks += strays(outside)
    if actions.isEmpty {
      remarks.append(ActionRemark(.noAction, "there is no action in it: the agent does nothing"))
      actions.append(Action(grouped: .atRest, span: nil))
    }
    let taken = taken.range(of: actions.count)
    if taken.count < actions.count {
      remarks.append(
        ActionRemark(
          .notTaken, "of \(actions.count) actions the \(self.taken.end.rawValue) \(taken.count == 1 ? "is" : "\(taken.count) are") taken",
          position: actions[taken.lowerBound == 0 ? taken.upperBound : 0].span?.lowerBound))
    }
    return Answer(actions: actions, taken: taken, remarks: remarks)
  }

  /// What stands between begin and end.
  private func grouped(_ elements: ArraySlice<AnswerElement>, beginsAt begin: Int, _ remarks: inout [ActionRemark])
    -> GroupedAction
  {
    var action = GroupedAction.atRest
    var said: UInt16 = 0  // bit n: the group of raw value n
    for element in elements {
      switch element.content {
      case .reserved(ActionVocabulary.begin):
        remarks.append(
          ActionRemark(
            .beginInside, "an action begins within another", position: element.position))
      case .reserved(let number):
        guard let (group, choice) = ActionGroup.choice(ofToken: number) else {
          remarks.append(
            ActionRemark(
              .unknownToken, "reserved_special_token_\(number) is no part of an action",
              position: element.position))
          continue
        }
        if said & group.bit != 0 {
          remarks.append(
            ActionRemark(
              .saidTwice, "\(group.name) is said twice; reserved_special_token_\(number) comes second",
              position: element.position))
        }
        said |= group.bit
        action[group] = choice
      case .id(let id):
        remarks.append(
          ActionRemark(.unknownToken, "token \(id) is no part of an action", position: element.position))
      case .text(let text) where text.allSatisfy(\.isWhitespace): continue
      case .text(let text):
        remarks.append(
          ActionRemark(
            .unknownText, "\"\(text.prefix(60))\" stands within an action", position: element.position))
      }
    }
    for group in [ActionGroup.pitch, .yaw] where said & group.bit == 0 {
      remarks.append(
        ActionRemark(.cameraMissing, "\(group.name) is not said: it is taken to be at rest", position: begin))
    }
    if said & ActionGroup.cameraFlag.bit != 0, (action[.cameraFlag] == 1) != action.turns {
      remarks.append(
        ActionRemark(
          .cameraFlag,
          action.turns
            ? "the camera flag is off and the bins turn the view: it turns"
            : "the camera flag is on and the bins are at rest: the view stays", position: begin))
    }
    if action.turns { action[.cameraFlag] = 1 }
    if action[.inventory] == 1, ActionGroup.digits.contains(where: { $0 != .cameraFlag && action[$0] != 0 }) {
      remarks.append(
        ActionRemark(.inventoryHides, "the inventory key hides the other buttons of the action", position: begin))
    }
    return action
  }

  /// Action tokens that belong to no action.
  private func strays(_ elements: [AnswerElement]) -> [ActionRemark] {
    let strays = elements.filter {
      guard case .reserved(let number) = $0.content else { return false }
      return number == ActionVocabulary.end || ActionGroup.choice(ofToken: number) != nil
    }
    guard let first = strays.first else { return [] }
    let count = strays.count == 1 ? "a token of an action stands" : "\(strays.count) tokens of actions stand"
    return [ActionRemark(.outside, "\(count) outside of any action: not read", position: first.position)]
  }
}

extension ActionGroup {
  fileprivate var bit: UInt16 { 1 << UInt16(rawValue) }
}
