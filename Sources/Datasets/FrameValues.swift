/// A quantity of every frame in use: [frames, columns], row-major f64.
package struct FrameValues: Sendable, Equatable {
  /// Names of the columns.
  package let columns: [String]
  package let values: [Double]
  /// Data set it was read from.
  package let source: String

  package init(columns: [String], values: [Double], source: String) {
    precondition(columns.isEmpty ? values.isEmpty : values.count % columns.count == 0)
    self.columns = columns
    self.values = values
    self.source = source
  }

  package var frameCount: Int { columns.isEmpty ? 0 : values.count / columns.count }
}

/// What can be asked of a frame besides its picture.
package enum FrameQuantity: Hashable, Sendable {
  case endEffectorPosition
  /// Six numbers; see `Rotation`.
  case endEffectorRotation
  case gripper
  /// The action that follows the frame.
  case nextAction
  /// The action that led to the frame; zeros before the first.
  case previousAction
  /// A numeric data set below `obs/`, by its key.
  case observation(String)
}
