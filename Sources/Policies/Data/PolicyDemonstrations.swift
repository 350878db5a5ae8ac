package import Datasets
package import Tensors

/// Demonstrations as a policy learns from them: for every frame in use the actions that follow, and which of them are there.
package struct PolicyDemonstrations: Sendable {
  package let demonstrations: Demonstrations
  /// Actions predicted at once.
  package let chunk: Int
  /// Names of an action's numbers.
  package let columns: [String]
  /// [frames, chunk, width], as recorded; held at the last one where an episode ends before.
  package let actions: [Double]
  /// By frame and step: whether the episode reaches so far.
  package let mask: [[Bool]]
  /// Group of every frame's episode: frames of one are never on both sides of a split.
  package let groupOfFrame: [Int]

  /// - Throws: `datasets.key.missing` where there are no actions.
  package init(_ demonstrations: Demonstrations, chunk: Int) throws(VLMError) {
    let values = try demonstrations.actionChunk(chunk)
    self.demonstrations = demonstrations
    self.chunk = chunk
    columns = Array(values.columns.prefix(values.columns.count / chunk))
    actions = values.values
    mask = demonstrations.episodes.flatMap { episode in
      episode.rows.map { row in
        (0..<chunk).map { row + $0 < episode.length - demonstrations.rowLag.rows }
      }
    }
    let groups = demonstrations.groups
    groupOfFrame = demonstrations.episodeOfFrame.map { groups[$0] }
  }

  package var frameCount: Int { mask.count }
  /// Numbers of an action.
  package var width: Int { columns.count }

  /// The action `step` rows after a frame.
  package func action(_ frame: Int, step: Int) -> [Double] {
    let place = (frame * chunk + step) * width
    return Array(actions[place..<place + width])
  }

  /// Statistics over the actions that follow some frames, each as often as it is within reach of one.
  package func statistics(of frames: [Int]) -> ActionStatistics {
    let rows = frames.flatMap { frame in
      (0..<chunk).filter { mask[frame][$0] }.flatMap { action(frame, step: $0) }
    }
    return ActionStatistics(of: rows, width: width)
  }

  /// What a head is to say of each frame.
  package func chunks(_ codec: ActionCodec) -> [ActionChunk] {
    (0..<frameCount).map { frame in
      ActionChunk(labels: (0..<chunk).map { codec.label(action(frame, step: $0)) }, mask: mask[frame])
    }
  }
}

/// How the actions of demonstrations become labels.
package struct ActionOptions: Sendable, Equatable {
  package var convention = ActionConvention.recorded
  package var bounds = -1.0...1.0
  /// Whether the last number of an action is the gripper's.
  package var hasGripper = true
  /// Instead of the demonstrations' own: for conventions with quantiles.
  package var statistics: ActionStatistics?

  package init() {}

  /// The codec of actions with `width` numbers.
  ///
  /// - Parameter own: statistics of the demonstrations, for when none are given.
  /// - Throws: `policies.actions.shape` where the convention takes other actions.
  package func codec(width: Int, own: ActionStatistics) throws(VLMError) -> ActionCodec {
    let arm = width - (hasGripper ? 1 : 0)
    guard arm > 0 else {
      throw VLMError(
        .actionShape, "an action of \(width) number leaves none for the arm beside the gripper",
        remedy: "say that there is none with --no-gripper")
    }
    return try ActionCodec(
      convention, statistics: statistics ?? own, bounds: bounds, armDimensions: arm, hasGripper: hasGripper)
  }
}
