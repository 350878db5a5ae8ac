public import Datasets
internal import Images
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
    let material = try Material(data, options, frames: frames)
    let speaks = checkpoint.configuration.language != nil && quantization.only?.contains(.language) != false
    let silence = speaks ? VisionLanguageModel.silence(of: checkpoint) ?? material.silence : nil
    let hasLanguage = speaks && silence == nil
    let watched = ObservedParameters(checkpoint, of: quantization.watched(of: checkpoint))
    let model = try VisionLanguageModel(
      parameters: watched, of: checkpoint, precision: .float32, sides: hasLanguage ? Set(VisionLanguageModel.Side.allCases) : [.vision],
      progress: progress)
    var done = 0
    try material.forEach { image, instruction in
      _ = try model.run([Sample(images: [image], instruction: hasLanguage ? instruction : nil)], at: Set(model.path.suffix(1)))
      done += 1
      progress?(ProgressReport(activity: "calibrating", completed: done, total: material.count, unit: .images))
    }
    let remarks = material.remarks + (silence.map { ["only the vision side was shown anything: \($0.message)"] } ?? [])
    return (
      watched.inputs(), CalibrationFacts(data: data, frames: done, hasLanguage: hasLanguage, remarks: remarks)
    )
  }

  /// Where frames come from.
  private enum Material {
    case demonstrations(Demonstrations, frames: [Int])
    /// Pictures by themselves, or a video.
    case pictures(FrameSequence)

    /// - Throws: what opening demonstrations throws, for what is neither those nor pictures.
    init(_ path: String, _ options: DemonstrationOptions, frames: Int) throws {
      let most = max(frames, 1)
      var options = options
      options.frameBudget = most
      do throws(VLMError) {
        let demonstrations = try Demonstrations.open(path, options: options)
        let count = demonstrations.frameCount
        self = .demonstrations(demonstrations, frames: (0..<min(most, count)).map { ($0 * count + count / 2) / min(most, count) })
      } catch {
        guard let all = try? FrameSequence([path]), all.count > 0 else { throw error }
        self = .pictures(try FrameSequence([path], stride: (all.count + most - 1) / most))
      }
    }

    var count: Int {
      switch self {
      case .demonstrations(_, let frames): frames.count
      case .pictures(let sequence): sequence.count
      }
    }

    /// Why nothing is said of the frames; `nil` where something is.
    var silence: VLMError? {
      switch self {
      case .demonstrations(let demonstrations, _): demonstrations.silence
      case .pictures: VLMError(.datasetOption, "pictures by themselves have no instructions")
      }
    }

    /// What was chosen.
    var remarks: [String] {
      switch self {
      case .demonstrations(let demonstrations, _):
        let (camera, orientation) = (demonstrations.camera, demonstrations.orientation)
        return demonstrations.isOfImages
          ? [] : ["camera \(camera.value) (\(camera.evidence)), \(orientation.value.rawValue) (\(orientation.evidence))"]
      case .pictures(let sequence): return sequence.notices.map(\.message)
      }
    }

    /// Gives each frame and what is said of it.
    func forEach(_ body: (RGBImage, String?) throws -> Void) throws {
      switch self {
      case .demonstrations(let demonstrations, let frames):
        for frame in frames {
          let instruction = demonstrations.silence == nil ? demonstrations.instructions(of: frame..<frame + 1)[0] : nil
          for stretch in demonstrations.stretches(of: frame..<frame + 1) {
            for image in try demonstrations.images(of: stretch) { try body(image, instruction) }
          }
        }
      case .pictures(let sequence): try sequence.forEach { try body($0.image, nil) }
      }
    }
  }
}
