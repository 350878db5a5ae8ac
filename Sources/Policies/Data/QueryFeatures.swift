package import Datasets
package import Features
internal import Images
package import Mapping
package import Runtime
package import Tensors

/// What a query comes to behind every frame of demonstrations: a pass of the VLM a frame, done once and kept.
package struct QueryFeatures: Sendable {
  /// [frames, width].
  package let states: [Float]
  package let width: Int
  package let fromCache: Bool
  /// What the user should know, such as a cache that was made anew.
  package let note: String?

  /// - Parameters:
  ///   - checkpointSHA256: `CheckpointHash` with the language model.
  ///   - model: called only when the states are not cached.
  package init(
    of demonstrations: Demonstrations, query: [Float], settings: QuerySettings, precision: Precision,
    checkpointSHA256: String, label: String, cache: FeatureCache, progress: ProgressHandler? = nil,
    model: @escaping () throws -> QueryModel
  ) throws {
    // The key names all of them already, without a frame being read.
    let frames = FeatureCache.Frames(count: demonstrations.frameCount) {
      "frames \($0)"
    } samples: { frames in
      let images = try demonstrations.stretches(of: frames).flatMap { try demonstrations.images(of: $0) }
      return zip(images, demonstrations.instructions(of: frames)).map {
        Sample(images: [$0], instruction: $1)
      }
    }
    let encoding = FeatureCache.Encoding(
      key: [
        "query", checkpointSHA256, DemonstrationIdentity.sha256(of: demonstrations), precision.rawValue,
        settings.positions.rawValue, settings.attention.rawValue, "\(settings.addsDeepstack)",
        settings.pictures.rawValue,
        "\(query)",
      ], label: label, name: "the VLM", frames: frames, gridSide: 1
    ) { QueryProbe(model: try model(), query: query) }
    let outcome = try cache.features(of: encoding, progress: progress)
    guard let states = try outcome.features.features(0, .mean) else {
      preconditionFailure("a vector is its own mean")
    }
    self.states = states.values
    width = states.rowWidth
    fromCache = outcome.fromCache
    note = outcome.note
  }
}

/// A query's last state as the one thing to be read of a model.
private struct QueryProbe: ProbedModel {
  let model: QueryModel
  let query: [Float]

  let points = [ProbePoint(.language(.norm), .last)]

  /// Frames that go through the encoder together.
  private static let together = 8

  func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]] {
    var pooled: [PooledStage] = []
    for start in stride(from: 0, to: samples.count, by: Self.together) {
      let part = samples[start..<min(start + Self.together, samples.count)]
      let states = try model.states(part.map { ($0.images[0], $0.instruction ?? "") }, query: query)
      pooled += states.map { PooledStage(mean: $0, grid: nil, tokens: 1) }
    }
    return [pooled]
  }
}
