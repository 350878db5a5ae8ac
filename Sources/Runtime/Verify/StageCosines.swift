package import Files
package import Images
package import Mapping
package import Quantization
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
    let (stages, inputs, expected) = try run(original, images, step)
    let model = try VisionModel(quantized, precision: .stored)
    step()
    guard model.stages == stages else {
      throw VLMError(
        .stageUnknown, "the two checkpoints have different vision stages", file: quantized.path,
        remedy: "compare a quantized checkpoint with the one it was made from")
    }
    var sums = Dictionary(uniqueKeysWithValues: stages.map { ($0, Sums()) })
    for (input, activations) in zip(inputs, expected) {
      let ours = try model.run([input], taps: Set(stages))
      step()
      for stage in stages {
        let (one, other) = (activations[stage][0].values, ours[stage][0].values)
        guard one.shape == other.shape else { throw VLMError(.stageUnknown, "\(stage.name) differs in shape", file: quantized.path) }
        sums[stage]!.add(float: one, quantized: other)
      }
    }
    return stages.map { sums[$0]!.result($0.name) }
  }

  private static func run(
    _ original: MappedCheckpoint, _ images: [RGBImage], _ step: () -> Void
  ) throws -> (stages: [Stage], inputs: [PreparedImage], activations: [Activations]) {
    let model = try VisionModel(original, precision: .float32)
    step()
    let inputs = try images.map(model.prepare)
    let activations = try inputs.map { input in
      defer { step() }
      return try model.run([input], taps: Set(model.stages))
    }
    return (model.stages, inputs, activations)
  }

  /// Sums of one stage over tokens, in f64.
  struct Sums {
    private var worst = 1.0
    private var total = 0.0
    private var tokens = 0
    private var signal = 0.0
    private var noise = 0.0

    /// Both are `[tokens, width]`.
    mutating func add(float: FloatTensor, quantized: FloatTensor) {
      let width = float.rowWidth
      for token in 0..<float.rowCount {
        let (a, b) = (float.base + token * width, quantized.base + token * width)
        var (dot, squares, others, difference) = (0.0, 0.0, 0.0, 0.0)
        for index in 0..<width {
          let (x, y) = (Double(a[index]), Double(b[index]))
          dot += x * y
          squares += x * x
          others += y * y
          difference += (x - y) * (x - y)
        }
        // Two zero vectors point the same way; one alone points nowhere.
        let length = (squares * others).squareRoot()
        let cosine = length > 0 ? dot / length : (squares == others ? 1 : 0)
        worst = cosine >= worst ? worst : cosine
        total += cosine
        tokens += 1
        signal += squares
        noise += difference
      }
      withExtendedLifetime((float, quantized)) {}
    }

    func result(_ stage: String) -> StageCosine {
      StageCosine(
        stage: stage, worstToken: worst, meanToken: total / Double(max(tokens, 1)),
        decibels: LossSums(signal: signal, noise: noise).decibels)
    }
  }
}
