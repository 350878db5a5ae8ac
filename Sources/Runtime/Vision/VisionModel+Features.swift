internal import Tensors

extension VisionModel {
  /// The stages whose activations the language side takes in.
  package var featureStages: [Stage] { stages.filter { $0 == .projector } }

  /// What the language side takes in of each image, out of a run's activations at `featureStages`.
  package func features(_ activations: [Stage: [StageActivation]]) -> [ImageFeatures] {
    (activations[.projector] ?? []).map { projected in
      ImageFeatures(
        values: projected.values, grid: projected.grid.map { (projected.frames, $0.rows, $0.columns) })
    }
  }
}
