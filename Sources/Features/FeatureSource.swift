package import Tensors

/// The pooled activations of all frames at every stage, wherever they are kept.
package protocol FeatureSource: Sendable {
  /// In ladder order.
  var stages: [ProbeStage] { get }

  /// [frames, width] or [frames, side * side * width]; `nil` when the stage has no such readout.
  func features(_ stage: Int, _ readout: Readout) throws -> FloatTensor?
}

/// Features held in memory: the pixels, and whatever tests plant.
package struct MemoryFeatures: FeatureSource {
  package let stages: [ProbeStage]
  private let mean: [FloatTensor]
  private let grid: [FloatTensor?]

  package init(stages: [ProbeStage], mean: [FloatTensor], grid: [FloatTensor?]) {
    precondition(stages.count == mean.count && stages.count == grid.count)
    self.stages = stages
    self.mean = mean
    self.grid = grid
  }

  package func features(_ stage: Int, _ readout: Readout) -> FloatTensor? {
    switch readout {
    case .mean: mean[stage]
    case .grid: grid[stage]
    case .fine, .attentive, .chosen, .vector: nil
    }
  }
}
