/// What of an answer or an action comes to nothing, and what the authors' code does in silence.
package struct ActionRemark: Encodable, Hashable, Sendable {
  package enum Kind: String, Encodable, Hashable, Sendable, CaseIterable {
    // Of decoding.
    /// No action at all: the agent stands still.
    case noAction
    /// An action that begins and does not end; it is not carried out.
    case unterminated
    /// An action begins within another; the second begin is skipped.
    case beginInside
    /// A token within an action that is none of an action's; it is skipped.
    case unknownToken
    /// Text within an action; it is skipped.
    case unknownText
    /// Two tokens of one group; the later counts.
    case saidTwice
    /// A camera bin is missing; it is taken to be at rest.
    case cameraMissing
    /// The camera flag says something else than the bins; the bins count, but for a flag without any turn.
    case cameraFlag
    /// The inventory token hides other buttons.
    case inventoryHides
    /// Action tokens outside of any action.
    case outside
    /// Actions that the agent does not take of an answer.
    case notTaken

    // Of encoding.
    /// Opposite keys.
    case cancelled
    /// Several keys of one group, of which the last is told.
    case overruled
    /// More degrees than the camera has bins for.
    case clipped
    /// A key that no token stands for.
    case untold
    /// The inventory key excludes what else is pressed.
    case inventoryAlone
    /// The inventory key has no token by default: the action becomes another.
    case inventoryNotEmitted
    /// The camera flag of an index says something else than its camera; tokens do not tell.
    case flagLost
  }

  package let kind: Kind
  package let message: String
  /// Place among the ids, or byte of the text, where it begins.
  package let position: Int?

  package init(_ kind: Kind, _ message: String, position: Int? = nil) {
    self.kind = kind
    self.message = message
    self.position = position
  }
}
