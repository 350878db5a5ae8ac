internal import Foundation

/// What is sent to a robot of the actions that a policy predicts, one after the other: some grippers remember.
///
/// A new episode takes a new sender.
package struct ActionSender: Sendable {
  private let convention: ActionConvention
  private let hasGripper: Bool
  /// Bridge: predictions in a row that say "open".
  private var opening = 0
  /// Google: the last prediction, and the change that is being repeated.
  private var previous: Double?
  private var change = 0.0
  private var repeats = 0
  private var isSticky = false

  /// Predictions in a row after which a WidowX opens, and times that a Google robot's change is sent: as the authors'
  /// `model_wrapper.py` has them.
  private static let openingAfter = 2
  private static let mostRepeats = 2

  package init(_ codec: ActionCodec) {
    convention = codec.convention
    hasGripper = codec.hasGripper
  }

  /// The numbers to send for `action`, which `ActionCodec.action` made.
  package mutating func send(_ action: [Double]) -> [Double] {
    guard hasGripper else { return action }
    let gripper = action[action.count - 1]
    var sent = action
    switch convention {
    case .recorded: break
    case .calvin: sent[6] = gripper > 0.5 ? 1 : -1
    case .libero: sent[6] = gripper > 0.5 ? -1 : 1
    case .bridge:
      opening = gripper > 0.5 ? opening + 1 : 0
      sent[6] = opening >= Self.openingAfter ? 1 : -1
      sent.replaceSubrange(3..<6, with: Self.axisAngle(roll: action[3], pitch: action[4], yaw: action[5]))
    case .google:
      sent[6] = relative(gripper)
      sent.replaceSubrange(3..<6, with: Self.axisAngle(roll: action[3], pitch: action[4], yaw: action[5]))
    }
    return sent
  }

  /// A change of the gripper, kept up until it has been sent `mostRepeats` times.
  private mutating func relative(_ gripper: Double) -> Double {
    let current = gripper > 0.5 ? 1.0 : -1.0
    var relative = previous.map { $0 - current } ?? 0
    previous = current
    if abs(relative) > 0.5, !isSticky {
      isSticky = true
      change = relative
    }
    if isSticky {
      repeats += 1
      relative = change
    }
    if repeats == Self.mostRepeats {
      isSticky = false
      repeats = 0
      change = 0
    }
    return relative
  }

  /// Roll, pitch and yaw in radians, turned about the fixed axes x, y and z, as an axis times its angle
  /// (`transforms3d.euler.euler2axangle`, axes `sxyz`).
  package static func axisAngle(roll: Double, pitch: Double, yaw: Double) -> [Double] {
    let (cr, sr) = (cos(roll / 2), sin(roll / 2))
    let (cp, sp) = (cos(pitch / 2), sin(pitch / 2))
    let (cy, sy) = (cos(yaw / 2), sin(yaw / 2))
    let w = cr * cp * cy + sr * sp * sy
    let axis = [sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy, cr * cp * sy - sr * sp * cy]
    let length = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return [0, 0, 0] }
    let angle = 2 * atan2(length, w)
    return axis.map { $0 / length * angle }
  }
}
