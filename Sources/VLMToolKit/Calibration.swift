internal import Datasets
package import Mapping
package import Quantization
internal import Runtime
package import Tensors

/// Frames on which a model runs in f32 before it is quantized, so that it is known what comes into its linear layers.
public struct Calibration: Sendable {
  /// Path of demonstrations, or of a folder of pictures; what is taken of them.
  public var data: String
  /// Which camera, how pictures are stored and so on, as of a probe.
  public var options: DemonstrationOptions
  /// Frames at most, spread evenly over all episodes.
  public var frames: Int

  /// - Parameter frames: some dozens show what activations are like.
  public init(_ data: String, options: DemonstrationOptions = DemonstrationOptions(), frames: Int = 32) {
    (self.data, self.options, self.frames) = (data, options, frames)
  }

  /// Runs the vision side, and the language side where there are instructions and a way to give them.
  ///
  /// - Throws: what opening demonstrations throws, and when a value is not finite.
  package func run(
    _ checkpoint: MappedCheckpoint, for quantization: QuantizationOptions, progress: ProgressHandler? = nil
  ) throws -> (inputs: [String: LayerInputs], facts: CalibrationFacts) {
    var options = options
    options.frameBudget = max(frames, 1)
    let demonstrations = try Demonstrations.open(data, options: options)
    let speaks = checkpoint.configuration.language != nil && quantization.only?.contains(.language) != false
    let silence = speaks ? VisionLanguageModel.silence(of: checkpoint) ?? demonstrations.silence : nil
    let hasLanguage = speaks && silence == nil
    let watched = ObservedParameters(checkpoint, of: quantization.watched(of: checkpoint))
    let model = try VisionLanguageModel(
      parameters: watched, of: checkpoint, precision: .float32, sides: hasLanguage ? Set(VisionLanguageModel.Side.allCases) : [.vision],
      progress: progress)
    let count = demonstrations.frameCount
    let chosen = (0..<min(frames, count)).map { ($0 * count + count / 2) / min(frames, count) }
    for (done, frame) in chosen.enumerated() {
      for stretch in demonstrations.stretches(of: frame..<frame + 1) {
        let images = try demonstrations.images(of: stretch)
        let instruction = hasLanguage ? demonstrations.instructions(of: frame..<frame + 1)[0] : nil
        _ = try model.run(images.map { Sample(images: [$0], instruction: instruction) }, at: Set(model.path.suffix(1)))
      }
      progress?(ProgressReport(activity: "calibrating", completed: done + 1, total: chosen.count, unit: .images))
    }
    var remarks: [String] = []
    if !demonstrations.isOfImages {
      let (camera, orientation) = (demonstrations.camera, demonstrations.orientation)
      remarks.append(
        "camera \(camera.value) (\(camera.evidence)), \(orientation.value.rawValue) (\(orientation.evidence))")
    }
    if let silence {
      remarks.append("only the vision side was shown anything: \(silence.message)")
    }
    return (
      watched.inputs(), CalibrationFacts(data: data, frames: chosen.count, hasLanguage: hasLanguage, remarks: remarks)
    )
  }
}
