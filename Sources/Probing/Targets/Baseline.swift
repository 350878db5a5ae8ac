package import Datasets

/// What is known without a frame (B), as far as it does not give a target away.
package enum Baseline: String, Sendable, CaseIterable {
  /// Time, previous action, and the robot's own state.
  case all
  /// Time and previous action.
  case withoutRobot = "without-robot"
  /// Previous action and the robot's own state.
  case withoutTime = "without-time"

  /// Beside a target that `giveaway` tells.
  package init(without giveaway: Giveaway?) {
    self =
      switch giveaway {
      case nil: .all
      case .robot: .withoutRobot
      case .time: .withoutTime
      }
  }
}
