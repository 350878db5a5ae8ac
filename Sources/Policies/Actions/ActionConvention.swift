/// How a robot or simulator spells its actions: what of them is normalised, and what its gripper's number means.
///
/// The first four are those of VLM4VLA (`calvin_dataset.py`, `eval/*/model_wrapper.py`); each takes six numbers of the arm and
/// one of the gripper.
package enum ActionConvention: String, Sendable, CaseIterable, Codable {
  /// Relative actions within -1 to 1, not normalised; gripper -1 closes, +1 opens.
  case calvin
  /// Bridge in SimplerEnv, a WidowX: rotations as roll, pitch and yaw, sent as an axis times its angle; the gripper opens
  /// only after two predictions in a row that say so.
  case bridge
  /// Fractal in SimplerEnv, a Google robot: its gripper takes changes, and each is repeated.
  case google
  /// LIBERO: the gripper's sign is turned round when it is sent.
  case libero
  /// Numbers as a recording has them: all normalised by quantiles; a gripper goes to the recording's lowest or highest.
  case recorded

  /// Whether actions are brought to quantiles first.
  package var usesQuantiles: Bool { self != .calvin }

  /// Dimensions of the arm that the convention fixes; `nil` is any number.
  package var armDimensions: Int? { self == .recorded ? nil : 6 }
}
