internal import Tensors

/// Features of frames that stand in several files, one file after another.
struct FeatureParts: FeatureSource {
  let stages: [ProbeStage]
  private let parts: [FeatureFile]

  /// - Throws: `features.features.uneven` where a part has other stages than the first.
  init(_ parts: [FeatureFile]) throws(VLMError) {
    stages = parts[0].stages
    self.parts = parts
    for part in parts where part.stages != stages {
      throw .uneven(zip(part.stages, stages).first { $0 != $1 }?.0.name)
    }
  }

  func features(_ stage: Int, _ readout: Readout) throws -> FloatTensor? {
    guard let first = try parts[0].features(stage, readout), parts.count > 1 else {
      return try parts[0].features(stage, readout)
    }
    let width = first.rowWidth
    return try FloatTensor([parts.reduce(0) { $0 + $1.frames }, width]) { values in
      var rest = values
      for part in parts {
        let features = try part.features(stage, readout)!
        rest = UnsafeMutableBufferPointer(
          rebasing: rest[
            rest.update(
              fromContentsOf: UnsafeBufferPointer(start: features.base, count: part.frames * width))...])
      }
    }
  }
}
