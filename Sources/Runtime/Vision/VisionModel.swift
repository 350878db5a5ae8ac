package import Images
package import Mapping
internal import Tensors

/// The vision side of a model: image processor, encoder and projector.
///
///     let model = try VisionModel(MappedCheckpoint.open("Qwen2-VL-2B-Instruct"))
///     let image = try model.prepare(picture)
///     let taps = try model.run([image], taps: [.block(3), .projector])
///     taps[.projector]![0].values            // [tokens, width]
///
/// A model is read-only and may run on several threads at once; each run uses all threads of `Parallel` by itself.
package final class VisionModel: Sendable {
  package let configuration: ModelConfiguration
  package let precision: Precision
  private let vision: VisionConfiguration
  private let encoder: VisionEncoder
  private let projector: Projector?
  private let processor: Result<any ImageProcessor, any Error>

  /// Loads the vision side of a checkpoint.
  ///
  /// Throws when the model has no vision encoder, or a parameter cannot be read in the arithmetic asked for.
  package convenience init(_ checkpoint: MappedCheckpoint, precision: Precision = .stored) throws {
    try self.init(
      parameters: checkpoint, configuration: checkpoint.configuration, directory: checkpoint.directory,
      precision: precision)
  }

  /// A model of the same configuration that was never trained, drawn as its authors draw it; all of it is in f32.
  ///
  /// Depends on `seed` only, not on threads.
  package static func randomlyInitialised(like checkpoint: MappedCheckpoint, seed: UInt64) throws
    -> VisionModel
  {
    let parameters = try RandomParameters(checkpoint.configuration, seed: seed)
    return try VisionModel(
      parameters: parameters, configuration: checkpoint.configuration, directory: checkpoint.directory,
      precision: .float32)
  }

  /// Loads all vision and projector parameters from `source`.
  ///
  /// The image processor is read from `directory`; a folder without one serves for prepared images only. Throws when a parameter is missing or its shape is not what the configuration asks for.
  package init(
    parameters source: some ParameterSource, configuration: ModelConfiguration, directory: String,
    precision: Precision = .stored
  ) throws {
    guard let vision = configuration.vision else {
      throw VLMError(.noVisionEncoder, "the model has no vision encoder")
    }
    self.configuration = configuration
    self.precision = precision
    self.vision = vision
    let loader = ModelLoader(source: source, precision: precision, quantization: configuration.quantization)
    encoder = try VisionEncoder(vision, from: loader)
    projector = try configuration.projector.map { try Projector($0, vision, from: loader) }
    processor = Result { try ImageProcessorRegistry.open(directory, packer: PatchPacker(vision)) }
  }

  /// The stages this model has, in the order of the forward pass.
  package var stages: [Stage] {
    var stages: [Stage] = [.embeddings] + (0..<vision.depth).map(Stage.block)
    if vision.hasFinalNorm, vision.pooling != .classToken { stages.append(.norm) }
    if vision.pooling != .none { stages.append(.pooled) }
    if projector != nil { stages.append(.projector) }
    return stages
  }

  /// Cuts normalised pixels into this encoder's patches.
  package var packer: PatchPacker { PatchPacker(vision) }

  /// Encodes `inputs` in one packed pass and returns the activations at `taps`, one an input, in their order.
  ///
  /// Computes no further than the last tap. Throws when an input does not fit the encoder or a tap is not in `stages`.
  package func run(_ inputs: [PreparedImage], taps: Set<Stage>) throws -> [Stage: [StageActivation]] {
    if let unknown = taps.subtracting(stages).map(\.name).sorted().first {
      throw VLMError(.stageUnknown, "the model has no stage \(unknown)")
    }
    for input in inputs where input.patches.rowWidth != vision.patchValues {
      throw VLMError(
        .inputShape, "a patch has \(input.patches.rowWidth) values, the encoder takes \(vision.patchValues)",
        remedy: "the image processor's patch size is not the model's")
    }
    if inputs.isEmpty || taps.isEmpty { return Dictionary(uniqueKeysWithValues: taps.map { ($0, []) }) }
    let layout = try TokenLayout(inputs.map(\.grid), for: vision)
    var recorder = TapRecorder(taps, layout)
    if let output = encoder(inputs, layout, taps: &recorder), let projector, !recorder.isFinished {
      project(output, through: projector, layout, &recorder)
    }
    return recorder.activations
  }

  private func project(
    _ output: VisionEncoder.Output, through projector: Projector, _ layout: TokenLayout,
    _ taps: inout TapRecorder
  ) {
    let width = projector.outputWidth
    switch projector.kind {
    case .merger:
      let y = projector(output.work.stream.base, rows: layout.tokenCount, tokens: output.work.tokens)
      taps.squares(.projector, y.base, width: width, side: vision.spatialMergeSize)
    case .mlp:
      let y = projector(output.work.stream.base, rows: layout.tokenCount, tokens: output.work.tokens)
      taps.tokens(.projector, y.base, width: width)
    case .pooledLinear:
      guard let pooled = output.pooled else {
        preconditionFailure("a pooled projector on an encoder without pooling")
      }
      let y = projector(pooled.base, rows: layout.images.count, tokens: output.work.tokens)
      taps.pooled(.projector, y.base, width: width)
    case .pixelShuffle, .pixelShuffleIdefics, .latentQueries:
      preconditionFailure("refused on loading")
    }
  }

  /// Makes of a picture what the encoder takes, as the family's own image processor does.
  ///
  /// Throws when the model's folder has no processor settings that can be followed, or the picture does not fit them.
  package func prepare(_ image: RGBImage) throws -> PreparedImage { try processor.get().prepare(image) }
}
