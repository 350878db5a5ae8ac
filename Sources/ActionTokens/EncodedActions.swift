package import Tensors

/// Actions and the tokens that stand for them, for reports and `--json`.
package struct EncodedActions: Encodable, Sendable {
  package struct Entry: Encodable, Sendable {
    package let buttons: Int
    package let camera: Int
    package let ids: [Int]
    package let text: String
    /// What the tokens do not tell of the action.
    package let remarks: [ActionRemark]
  }

  package let vocabulary: String
  package let emitsInventory: Bool
  package let actions: [Entry]

  /// - Parameter lines: each an action as `ActionLine` reads it.
  /// - Throws: what `ActionLine` throws, with the line's name.
  package init(
    _ lines: [(name: String, text: String)], _ vocabulary: ActionVocabulary, emitsInventory: Bool
  ) throws(VLMError) {
    let encoder = ActionEncoder(emitsInventory: emitsInventory)
    var actions: [Entry] = []
    for (name, text) in lines {
      let (request, untold) = try ActionLine.request(parsing: text, file: name)
      let encoded = request.encoded(by: encoder)
      let dropped = untold.map { ActionRemark(.untold, "\($0) has no token and is dropped") }
      actions.append(
        Entry(
          buttons: encoded.index.buttons, camera: encoded.index.camera, ids: encoded.ids(vocabulary), text: encoded.text,
          remarks: dropped + encoded.remarks))
    }
    self.vocabulary = vocabulary.name
    self.emitsInventory = emitsInventory
    self.actions = actions
  }
}
