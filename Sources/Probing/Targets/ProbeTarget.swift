package import Datasets
package import Tensors

/// A quantity to read out.
package enum ProbeTarget: Hashable, Sendable {
  case endEffectorPosition, endEffectorRotation, gripper, nextAction
  case observation(String)

  /// Those with a name of their own; the rest are `obs/KEY`.
  private static let named: [ProbeTarget] = [
    .endEffectorPosition, .endEffectorRotation, .gripper, .nextAction,
  ]

  /// `ee-position`, `ee-rotation`, `gripper`, `next-action` or `obs/KEY`, as in reports and in JSON.
  package init(_ name: String) throws(VLMError) {
    if let target = Self.named.first(where: { $0.name == name }) {
      self = target
    } else if name.hasPrefix("obs/"), name.count > 4 {
      self = .observation(String(name.dropFirst(4)))
    } else {
      let known = Self.named.map(\.name)
      throw VLMError(
        .probeTargetUnusable, "there is no target \(name)",
        remedy: (NearestNames.suggestion(for: name, among: known).map { $0 + " Or " } ?? "")
          + "use \(known.joined(separator: ", ")) or obs/KEY")
    }
  }

  package var name: String {
    switch self {
    case .endEffectorPosition: "ee-position"
    case .endEffectorRotation: "ee-rotation"
    case .gripper: "gripper"
    case .nextAction: "next-action"
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
