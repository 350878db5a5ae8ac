package import Datasets
package import Tensors

/// A quantity to read out.
package enum ProbeTarget: Hashable, Sendable {
  case endEffectorPosition, endEffectorRotation, gripper, nextAction
  case observation(String)

  /// `ee-position`, `ee-rotation`, `gripper`, `next-action`, the names in reports, or `obs/KEY`.
  package init(_ name: String) throws(VLMError) {
    switch name {
    case "end_effector_position", "ee-position": self = .endEffectorPosition
    case "end_effector_rotation", "ee-rotation": self = .endEffectorRotation
    case "gripper": self = .gripper
    case "next_action", "next-action": self = .nextAction
    default:
      guard name.hasPrefix("obs/"), name.count > 4 else {
        throw VLMError(
          .probeTargetUnusable, "there is no target \(name)",
          remedy: "use ee-position, ee-rotation, gripper, next-action or obs/KEY")
      }
      self = .observation(String(name.dropFirst(4)))
    }
  }

  package var name: String {
    switch self {
    case .endEffectorPosition: "end_effector_position"
    case .endEffectorRotation: "end_effector_rotation"
    case .gripper: "gripper"
    case .nextAction: "next_action"
    case .observation(let key): "obs/\(key)"
    }
  }

  package var title: String {
    switch self {
    case .endEffectorPosition: "end-effector position"
    case .endEffectorRotation: "end-effector rotation"
    case .gripper: "gripper opening"
    case .nextAction: "next action"
    case .observation: name
    }
  }

  package var quantity: FrameQuantity {
    switch self {
    case .endEffectorPosition: .endEffectorPosition
    case .endEffectorRotation: .endEffectorRotation
    case .gripper: .gripper
    case .nextAction: .nextAction
    case .observation(let key): .observation(key)
    }
  }

  /// Whether the robot's own state gives it away, so that proprioception may not stand in the baseline.
  package var isProprioceptive: Bool {
    switch self {
    case .endEffectorPosition, .endEffectorRotation, .gripper: true
    case .nextAction: false
    case .observation(let key):
      key.hasPrefix("ee_") || key.hasPrefix("robot0_") || key.hasPrefix("joint") || key.hasPrefix("gripper")
    }
  }

  /// What is probed when nothing is named; those that the data does not have are left out with a note.
  package static let standard: [ProbeTarget] = [
    .endEffectorPosition, .gripper, .nextAction, .endEffectorRotation,
  ]
}
