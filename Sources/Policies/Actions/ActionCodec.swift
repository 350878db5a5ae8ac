internal import Foundation
package import Tensors

/// Between a robot's actions and what a policy head is trained on.
///
///     z = clip(2 (x - q01) / (q99 - q01 + 1e-8) - 1, -1, 1)       of the arm, where the convention normalises; 0 where min = max
///     a = 2 (clip(z, low, high) - low) / (high - low) - 1         of the arm
///     g in {0, 1}                                                 of the gripper, as the convention says
///
/// and back: `u = (a + 1) / 2 (high - low) + low`, `x = (u + 1) / 2 (q99 - q01) + q01`. With the authors' bounds of -0.65 and
/// 0.65 only the central 65 % of what lies between the quantiles can be reached; `-1` and `1` reach all of it.
package struct ActionCodec: Sendable, Equatable {
  package let convention: ActionConvention
  /// Of all dimensions, the gripper's last; `nil` where the convention has no use for them.
  package let statistics: ActionStatistics?
  /// What arms are clipped to before they are scaled to -1 ... 1.
  package let bounds: ClosedRange<Double>
  package let armDimensions: Int
  /// Whether the last number of an action is a gripper's.
  package let hasGripper: Bool

  /// The authors' `norm_min` and `norm_max`.
  package static let paperBounds = -0.65...0.65

  /// - Throws: `policies.actions.statistics` where the convention needs statistics and there are none, or of another width.
  package init(
    _ convention: ActionConvention, statistics: ActionStatistics?, bounds: ClosedRange<Double> = paperBounds,
    armDimensions: Int = 6, hasGripper: Bool = true
  ) throws(VLMError) {
    self.convention = convention
    self.bounds = bounds
    self.armDimensions = armDimensions
    self.hasGripper = hasGripper
    self.statistics = convention.usesQuantiles ? statistics : nil
    if let fixed = convention.armDimensions, fixed != armDimensions || !hasGripper {
      throw VLMError(
        .actionShape, "actions of \(convention.rawValue) have \(fixed) numbers of the arm and one of the gripper")
    }
    guard bounds.lowerBound < bounds.upperBound, bounds.lowerBound >= -1, bounds.upperBound <= 1 else {
      throw VLMError(.actionShape, "the bounds of actions, \(bounds), are no part of -1 ... 1")
    }
    guard convention.usesQuantiles else { return }
    guard let statistics else {
      throw VLMError(
        .actionStatistics, "actions of \(convention.rawValue) are normalised by quantiles, and there are none",
        remedy: "give the file with --statistics")
    }
    guard statistics.count == width else {
      throw VLMError(
        .actionStatistics, "the statistics are of \(statistics.count) dimensions, the policy's actions have \(width)")
    }
  }

  /// Numbers of an action.
  package var width: Int { armDimensions + (hasGripper ? 1 : 0) }

  // MARK: To labels

  /// What a head is to say of `action`, `[width]`: the arm within -1 ... 1, then the gripper as 0 or 1.
  package func label(_ action: [Double]) -> [Double] {
    precondition(action.count == width)
    var label = (0..<armDimensions).map { dimension in
      let z = normalised(action[dimension], dimension)
      let clipped = min(max(z, bounds.lowerBound), bounds.upperBound)
      return 2 * (clipped - bounds.lowerBound) / (bounds.upperBound - bounds.lowerBound) - 1
    }
    if hasGripper { label.append(gripperLabel(action[armDimensions])) }
    return label
  }

  private func isNormalised(_ dimension: Int) -> Bool { statistics?.mask?[dimension] ?? true }

  private func normalised(_ x: Double, _ dimension: Int) -> Double {
    guard let statistics, isNormalised(dimension) else { return x }
    guard statistics.min[dimension] != statistics.max[dimension] else { return 0 }
    let (low, high) = (statistics.q01[dimension], statistics.q99[dimension])
    return min(max(2 * (x - low) / (high - low + 1e-8) - 1, -1), 1)
  }

  private func gripperLabel(_ g: Double) -> Double {
    switch convention {
    case .calvin: ((g + 1) / 2).rounded(.down)
    case .bridge, .google, .libero: g == 1 ? 1 : 0
    case .recorded: g > middleOfGripper ? 1 : 0
    }
  }

  /// Half way between the lowest and the highest number of the recording's gripper.
  private var middleOfGripper: Double { (statistics!.min[armDimensions] + statistics!.max[armDimensions]) / 2 }

  // MARK: Back to actions

  /// The action that a head's answer means: the arm in the robot's units, then the gripper, shut or open: 0 or 1 of CALVIN, the
  /// quantiles of VLM4VLA's other data (0 and 1 in all their files), the lowest or highest of a recording. What of it is sent,
  /// `ActionSender` says.
  ///
  /// - Parameters:
  ///   - arm: `[armDimensions]`, within -1 ... 1.
  ///   - opens: whether the gripper's probability is above one half.
  package func action(arm: [Double], opens: Bool) -> [Double] {
    precondition(arm.count == armDimensions)
    var action = arm.enumerated().map { dimension, a in
      let u = 0.5 * (a + 1) * (bounds.upperBound - bounds.lowerBound) + bounds.lowerBound
      guard let statistics, isNormalised(dimension) else { return u }
      return 0.5 * (u + 1) * (statistics.q99[dimension] - statistics.q01[dimension]) + statistics.q01[dimension]
    }
    guard hasGripper else { return action }
    switch convention {
    case .calvin: action.append(opens ? 1 : 0)
    case .bridge, .google, .libero: action.append(opens ? statistics!.q99[armDimensions] : statistics!.q01[armDimensions])
    case .recorded: action.append(opens ? statistics!.max[armDimensions] : statistics!.min[armDimensions])
    }
    return action
  }
}
