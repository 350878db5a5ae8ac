/// The labels of one sample: the next actions, and which of them count.
package struct ActionChunk: Sendable, Equatable {
  /// `[length][width]`, as `ActionCodec.label` gives them.
  package let labels: [[Double]]
  /// By step: whether it counts in the loss.
  package let mask: [Bool]

  /// The actions from `row` on.
  ///
  /// - Parameters:
  ///   - labels: of all rows of an episode.
  ///   - end: the row at which the annotated part ends: steps from there on do not count. They repeat the last that does.
  package init(at row: Int, of labels: [[Double]], length: Int, end: Int? = nil) {
    let end = min(end ?? labels.count, labels.count)
    precondition(row < end && length > 0)
    mask = (row..<row + length).map { $0 < end }
    self.labels = (row..<row + length).map { labels[min($0, end - 1)] }
  }

  /// The same for a goal `goal` rows ahead (uniform goal relabelling of Open X-Embodiment): what comes after it is to stay
  /// where it is, the gripper as it was, and does not count.
  ///
  /// - Parameter still: the label of an arm that does not move.
  package func relabelled(goal: Int, still: [Double]) -> ActionChunk {
    var (labels, mask) = (labels, mask)
    for step in labels.indices where step > goal {
      labels[step] = still + labels[max(goal, 0)].dropFirst(still.count)
      mask[step] = false
    }
    return ActionChunk(labels: labels, mask: mask)
  }

  package init(labels: [[Double]], mask: [Bool]) {
    precondition(labels.count == mask.count)
    self.labels = labels
    self.mask = mask
  }
}
