internal import Files
package import Images
package import Mapping
package import Tensors

/// How far a quantized checkpoint's vision stages move from the float checkpoint's, on real images.
package enum StageCosines {
  /// Runs both encoders on `images` and compares every stage token by token.
  ///
  /// The float model runs in f32, the quantized one as its scheme says (W8A8: int8 activations too). One of
  /// the two is in memory at a time; f32 activations of all images are kept in between.
  ///
  /// - Returns: one entry a stage, in the order of the forward pass.
  /// - Throws: `VLMError` when a checkpoint has no vision encoder, an image cannot be prepared, or the two
  ///   differ in shape.
  package static func measure(
    original: MappedCheckpoint, quantized: MappedCheckpoint, images: [RGBImage],
    progress: ProgressHandler? = nil
  ) throws -> [StageCosine] {
    var done = 0
    func step() {
      done += 1
      progress?(
        ProgressReport(
          activity: "comparing with the original on images", completed: done, total: 2 * images.count + 2,
          unit: .steps))
    }
    let samples = images.map { Sample(images: [$0]) }
    func run(
      _ checkpoint: MappedCheckpoint, _ precision: Precision, _ use: (_ sample: Int, [Stage], Activations) throws -> Void
    ) throws {
      let model = try VisionLanguageModel(checkpoint, precision: precision, sides: [.vision])
      step()
      for (index, sample) in samples.enumerated() {
        try use(index, model.stages, model.run([sample], at: Set(model.stages)))
        step()
      }
    }
    var expected: [(stages: [Stage], activations: Activations)] = []
    try run(original, .float32) { expected.append(($1, $2)) }
    var tokens: [Stage: [FloatComparison]] = [:]
    try run(quantized, .stored) { index, stages, ours in
      guard stages == expected[index].stages else {
        throw VLMError(
          .stageUnknown, "the two checkpoints have different vision stages", file: quantized.path,
          remedy: "compare a quantized checkpoint with the one it was made from")
      }
      for stage in stages {
        let (float, int8) = (expected[index].activations[stage][0].values, ours[stage][0].values)
        guard float.shape == int8.shape else {
          throw VLMError(.stageUnknown, "\(stage.name) differs in shape", file: quantized.path)
        }
        tokens[stage, default: []] += FloatComparison.tokens(float, int8)
      }
    }
    return (expected.first?.stages ?? []).map { StageCosine(stage: $0.name, tokens: tokens[$0] ?? []) }
  }
}
