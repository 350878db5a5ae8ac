internal import Mapping
internal import Tensors

extension VisionModel {
  /// The stages whose activations the language side takes in.
  package var featureStages: [Stage] {
    stages.filter { if case .deepstack = $0.point { true } else { $0 == .projector } }
  }

  /// What the language side takes in of each image, out of a run's activations at `featureStages`.
  package func features(_ activations: Activations) -> [ImageFeatures] {
    guard let last = featureStages.last else { return [] }
    return activations[last].enumerated().map { index, projected in
      ImageFeatures(projected, deepstack: featureStages.dropLast().map { activations[$0][index].values })
    }
  }
}
