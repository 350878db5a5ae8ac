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
  /// A second encoder of the same patches (OpenVLA).
  private let fused: VisionEncoder?
  private let projector: Projector?
  /// Mergers of the configuration's `deepstackBlocks`.
  private let deepstack: [Projector]
  /// The block whose output is projected; `nil` where it is what the encoder ends in.
  package let featureBlock: Int?
  /// The same of the second encoder.
  package let fusedBlock: Int?
  /// Cuts normalised pixels into this encoder's patches.
  package let packer: PatchPacker
  /// The checkpoint's folder, for messages.
  private let directory: String
  private let processor: Result<any ImageProcessor, any Error>

  /// Loads the vision side of a checkpoint.
  ///
  /// Throws when the model has no vision encoder, or a parameter cannot be read in the arithmetic asked for.
  package convenience init(_ checkpoint: MappedCheckpoint, precision: Precision = .stored) throws {
    try self.init(
      parameters: checkpoint, configuration: checkpoint.configuration, of: checkpoint, precision: precision)
  }

  /// A model of the same configuration that was never trained, drawn as its authors draw it; all of it is in f32.
  ///
  /// Depends on `seed` only, not on threads.
  package static func randomlyInitialised(like checkpoint: MappedCheckpoint, seed: UInt64) throws
    -> VisionModel
  {
    let parameters = try RandomParameters(checkpoint.configuration, seed: seed)
    return try VisionModel(
      parameters: parameters, configuration: checkpoint.configuration, of: checkpoint, precision: .float32)
  }

  /// Loads all vision and projector parameters from `source`.
  ///
  /// The image processor is `checkpoint`'s; a folder without one serves for prepared images only. Throws when a parameter is
  /// missing or its shape is not what the configuration asks for.
  package init(
    parameters source: some ParameterSource, configuration: ModelConfiguration, of checkpoint: MappedCheckpoint,
    precision: Precision = .stored
  ) throws {
    guard let vision = configuration.vision else {
      throw VLMError(.noVisionEncoder, "the model has no vision encoder")
    }
    self.configuration = configuration
    directory = checkpoint.directory
    self.precision = precision
    self.vision = vision
    let loader = try ModelLoader(source: source, precision: precision, quantization: configuration.quantization)
    encoder = try VisionEncoder(vision, from: loader)
    fused = try configuration.fusedVision.map {
      try VisionEncoder($0, isFused: true, firstValue: vision.patchValues, from: loader)
    }
    let width = vision.width + (configuration.fusedVision?.width ?? 0)
    projector = try configuration.projector.map { try Projector($0, vision, width: width, from: loader) }
    deepstack = try (configuration.projector?.deepstackBlocks ?? []).indices.map { index in
      try Projector(
        configuration.projector!, vision, name: "projector.deepstack.\(index)", width: width,
        normAfterMerge: true, from: loader)
    }
    featureBlock = try Self.featureBlock(of: configuration, depth: vision.depth)
    guard fused == nil || featureBlock != nil else {
      throw VLMError(.configurationInvalid, "two encoders are joined at a block, and none is named")
    }
    fusedBlock = try Self.featureBlock(of: configuration, depth: configuration.fusedVision?.depth ?? 0)
    packer = PatchPacker(configuration)
    processor = Result { [packer] in try ImageProcessorRegistry.open(checkpoint, packer: packer) }
  }

  /// The block whose output is projected; `nil` when it is what the encoder ends in.
  private static func featureBlock(of configuration: ModelConfiguration, depth: Int) throws -> Int? {
    guard let block = configuration.projector?.featureBlock, depth > 0 else { return nil }
    let index = block < 0 ? depth + block : block
    guard (0..<depth).contains(index) else {
      throw VLMError(.configurationInvalid, "block \(block) of \(depth) cannot be projected")
    }
    return index
  }

  /// The stages this model has, in the order of the forward pass.
  package var stages: [Stage] {
    var stages = encoder.stages + (fused?.stages ?? [])
    for (index, block) in (configuration.projector?.deepstackBlocks ?? []).enumerated() {
      let place = stages.firstIndex(of: .block(block)) ?? stages.count - 1
      stages.insert(.deepstack(index), at: place + 1)
    }
    if fused != nil { stages.append(.joined) }
    if projector != nil { stages.append(.projector) }
    return stages
  }

  /// Encodes `inputs` in one packed pass and returns the activations at `taps`, one an input, in their order.
  ///
  /// Computes no further than the last tap. Throws when an input does not fit the encoder or a tap is not in `stages`.
  package func run(_ inputs: [PreparedImage], taps: Set<Stage>) throws -> [Stage: [StageActivation]] {
    if let unknown = taps.subtracting(stages).map(\.name).sorted().first {
      throw VLMError(.stageUnknown, "the model has no stage \(unknown)")
    }
    for tile in inputs.lazy.flatMap(\.tiles) where tile.patches.rowWidth != packer.patchValues {
      throw VLMError(
        .inputShape, "a patch has \(tile.patches.rowWidth) values, the encoder takes \(packer.patchValues)",
        remedy: "the image processor's patch size is not the model's")
    }
    for patches in inputs.lazy.flatMap(\.tiles).map(\.patches) {
      if let fault = NotFinite("input.pixel_values", patches.base, rows: patches.rowCount, width: patches.rowWidth) {
        throw fault.error(file: directory)
      }
    }
    if inputs.isEmpty || taps.isEmpty { return Dictionary(uniqueKeysWithValues: taps.map { ($0, []) }) }
    let layout = try TokenLayout(inputs, for: vision, mergeSize: packer.mergeSize)
    var recorder = TapRecorder(taps)
    if let fused {
      try runFused(inputs, layout, beside: fused, &recorder)
    } else {
      runAlone(inputs, layout, &recorder)
    }
    if let fault = recorder.fault { throw fault.error(file: directory) }
    return recorder.activations
  }

  private func runAlone(_ inputs: [PreparedImage], _ layout: TokenLayout, _ taps: inout TapRecorder) {
    let projects = taps.wants(.projector)
    let stacked = configuration.projector?.deepstackBlocks ?? []
    let needed = stacked.indices.filter { taps.wants(.deepstack($0)) }.map { stacked[$0] }
    let output = encoder(
      inputs, layout, taps: &taps,
      blockNeeded: (needed + (projects ? [featureBlock ?? -1] : [])).max() ?? -1,
      outputNeeded: projects && featureBlock == nil
    ) { block, work, taps in
      let x = work.stream.base
      for (index, merger) in deepstack.enumerated() where stacked[index] == block {
        taps.record(.deepstack(index)) { merger(x, layout, tokens: work.tokens) }
      }
      if block == featureBlock, let projector {
        taps.record(.projector) { projector(x, layout, tokens: work.tokens) }
      }
    }
    guard let output, let projector else { return }
    taps.record(.projector) {
      guard projector.kind == .pooledLinear else {
        return projector(output.work.stream.base, layout, tokens: output.work.tokens)
      }
      guard let pooled = output.pooled else {
        preconditionFailure("a pooled projector on an encoder without pooling")
      }
      return projector.pooled(pooled.base, layout, tokens: output.work.tokens)
    }
  }

  /// Two encoders over the same patches; the projector reads their patch tokens side by side.
  private func runFused(
    _ inputs: [PreparedImage], _ layout: TokenLayout, beside fused: VisionEncoder, _ taps: inout TapRecorder
  ) throws {
    let patchesOnly = try TokenLayout(
      inputs, for: vision, mergeSize: packer.mergeSize, leadingTokens: 0)
    let second = try TokenLayout(inputs, for: fused.vision, mergeSize: packer.mergeSize)
    let width = vision.width + fused.vision.width
    let projects = taps.wants(.projector) || taps.wants(.joined)
    let joined = Scratch(projects ? patchesOnly.tokenCount * width : 0)
    var tokens = PackedTokens()
    func keep(_ work: Workspace, _ layout: TokenLayout, _ own: Int, at column: Int) {
      guard projects else { return }
      for (source, target) in zip(layout.tiles, patchesOnly.tiles) {
        let first = work.stream.base + (source.tokens.lowerBound + layout.leadingTokens) * own
        for patch in 0..<source.grid.count {
          (joined.base + (target.tokens.lowerBound + patch) * width + column).update(
            from: first + patch * own, count: own)
        }
      }
      tokens = work.tokens
    }
    _ = encoder(
      inputs, layout, taps: &taps, blockNeeded: projects ? featureBlock ?? -1 : -1, outputNeeded: false
    ) { block, work, _ in if block == featureBlock { keep(work, layout, vision.width, at: 0) } }
    _ = fused(
      inputs, second, taps: &taps, blockNeeded: projects ? fusedBlock ?? -1 : -1, outputNeeded: false
    ) { block, work, _ in if block == fusedBlock { keep(work, second, fused.vision.width, at: vision.width) }
    }
    taps.tokens(.joined, joined.base, patchesOnly, width: width)
    if let projector { taps.record(.projector) { projector(joined.base, patchesOnly, tokens: tokens) } }
  }

  /// Makes of a picture what the encoder takes, as the family's own image processor does.
  ///
  /// Throws when the model's folder has no processor settings that can be followed, or the picture does not fit them.
  package func prepare(_ image: RGBImage) throws -> PreparedImage { try processor.get().prepare(image) }
}
