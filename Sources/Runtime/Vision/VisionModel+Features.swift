internal import Mapping
internal import Tensors

extension VisionModel {
  /// The stages whose activations the language side takes in.
  package var featureStages: [Stage] {
    stages.filter { if case .deepstack = $0 { true } else { $0 == .projector } }
  }

  /// What the language side takes in of each image, out of a run's activations at `featureStages`.
  package func features(_ activations: [Stage: [StageActivation]]) -> [ImageFeatures] {
    let stacked = (configuration.projector?.deepstackBlocks ?? []).indices.map(Stage.deepstack)
    return (activations[.projector] ?? []).enumerated().map { index, projected in
      ImageFeatures(
        values: projected.values,
        deepstack: stacked.compactMap { activations[$0]?[index].values },
        grid: projected.grid.map { (projected.frames, $0.rows, $0.columns) })
    }
  }
}
