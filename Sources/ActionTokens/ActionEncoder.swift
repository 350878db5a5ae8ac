/// Actions to tokens.
///
/// Begin, the tokens of buttons that are not at rest in the order of their groups, both camera bins, end. Neither camera flag
/// nor inventory has a place there in the authors' code, so that an inventory press trains as no action at all.
package struct ActionEncoder: Sendable {
  /// Puts the token of the inventory key before the camera's; decoders know it.
  package var emitsInventory: Bool

  package init(emitsInventory: Bool = false) { self.emitsInventory = emitsInventory }

  package struct Encoded: Hashable, Sendable {
    package let index: ActionIndex
    /// N of `<|reserved_special_token_N|>`.
    package let tokens: [Int]
    package let remarks: [ActionRemark]

    package func ids(_ vocabulary: ActionVocabulary) -> [Int] { tokens.map(vocabulary.id) }

    package var text: String { tokens.map(ActionVocabulary.spelling).joined() }
  }

  /// - Parameter action: of finite degrees.
  package func encode(_ action: KeyboardMouseAction) -> Encoded {
    let (index, remarks) = action.index()
    return encode(index, remarks)
  }

  package func encode(_ index: ActionIndex) -> Encoded { encode(index, []) }

  private func encode(_ index: ActionIndex, _ given: [ActionRemark]) -> Encoded {
    var remarks = given
    let grouped = GroupedAction(index)
    if grouped[.inventory] == 1, !emitsInventory {
      remarks.append(
        ActionRemark(
          .inventoryNotEmitted, "the inventory key is not told, as in the authors' code: "
            + (grouped.turns ? "the camera alone is left" : "this is the null action")))
    }
    if grouped[.inventory] == 0, (grouped[.cameraFlag] == 1) != grouped.turns {
      remarks.append(
        ActionRemark(
          .flagLost,
          grouped.turns
            ? "the camera is off and yet not at rest: its bins are told, which turns it on"
            : "the camera is on and at rest: its bins are told, which turns it off"))
    }
    return Encoded(index: index, tokens: tokens(grouped), remarks: remarks)
  }

  /// Numbers of the tokens of an action.
  package func tokens(_ action: GroupedAction) -> [Int] {
    var tokens = [ActionVocabulary.begin]
    for group in ActionGroup.digits where group != .cameraFlag && action[group] != 0 {
      tokens.append(group.firstToken + action[group])
    }
    if emitsInventory, action[.inventory] == 1 { tokens.append(ActionGroup.inventory.firstToken + 1) }
    tokens.append(ActionGroup.pitch.firstToken + action[.pitch])
    tokens.append(ActionGroup.yaw.firstToken + action[.yaw])
    tokens.append(ActionVocabulary.end)
    return tokens
  }
}
