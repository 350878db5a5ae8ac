internal import Mapping
internal import Tensors

extension VisionModel {
  /// The stages whose activations the language side takes in.
  package var featureStages: [Stage] {
    stages.filter { if case .deepstack = $0.point { true } else { $0 == .projector } }
  }

  /// What the language side takes in of each of `images`, out of a run's activations at `featureStages`.
  package func features(_ images: [PreparedImage], _ activations: Activations) -> [ImageFeatures] {
    guard let last = featureStages.last else { return [] }
    return zip(images, activations[last]).enumerated().map { index, made in
      ImageFeatures(
        made.1, deepstack: featureStages.dropLast().map { activations[$0][index].values }, of: made.0)
    }
  }
}
