/// A quantity of every frame in use: [frames, columns], row-major f64.
package struct FrameValues: Sendable, Equatable {
  /// Names of the columns.
  package let columns: [String]
  package let values: [Double]
  /// What it was read from.
  package let source: String
  /// Whether the robot's own state gives it away.
  package let isProprioceptive: Bool

  package init(columns: [String], values: [Double], source: String, isProprioceptive: Bool) {
    precondition(columns.isEmpty ? values.isEmpty : values.count % columns.count == 0)
    self.columns = columns
    self.values = values
    self.source = source
    self.isProprioceptive = isProprioceptive
  }

  package var frameCount: Int { columns.isEmpty ? 0 : values.count / columns.count }

  package func row(_ frame: Int) -> ArraySlice<Double> {
    values[frame * columns.count..<(frame + 1) * columns.count]
  }
}
