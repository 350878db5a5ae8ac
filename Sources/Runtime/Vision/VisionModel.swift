package import Images
package import Mapping
internal import Tensors

/// The vision side of a model: image processor, encoder and projector.
///
///     let model = try VisionModel(MappedCheckpoint.open("Qwen2-VL-2B-Instruct"))
///     let image = try model.prepare(picture)
///     let activations = try model.run([image], taps: [.vision(.block(3)), .projector])
///     activations[.projector][0].values      // [tokens, width]
///
/// A model is read-only and may run on several threads at once; each run uses all threads of `Parallel` by itself.
package final class VisionModel: Sendable {
  package let configuration: ModelConfiguration
  package let precision: Precision
  /// Encoders of the same patches: one, or two whose tokens the projector reads side by side (OpenVLA).
  private let encoders: [VisionEncoder]
  private let projector: Projector?
  /// Mergers of the configuration's `deepstackBlocks`.
  private let deepstack: [Projector]
  /// The block of each encoder whose output is projected; `nil` where it is what the encoder ends in.
  private let featureBlocks: [Int?]
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
    let loader = try ModelLoader(source: source, precision: precision, quantization: configuration.quantization)
    var firstValue = 0
    encoders = try configuration.encoders.enumerated().map { index, encoder in
      defer { firstValue += encoder.patchValues }
      return try VisionEncoder(encoder, index: index, firstValue: firstValue, from: loader)
    }
    let width = encoders.reduce(0) { $0 + $1.vision.width }
    var projectors = try (configuration.projector?.stacks(on: vision) ?? []).map { root, layers in
      try Projector(
        layers, root: root, width: width, dropsLeadingTokens: configuration.projector?.dropsLeadingTokens ?? false,
        leadingTokens: vision.leadingTokens, from: loader)
    }
    projector = projectors.isEmpty ? nil : projectors.removeFirst()
    deepstack = projectors
    featureBlocks = try configuration.encoders.map { try Self.featureBlock(of: configuration, depth: $0.depth) }
    guard encoders.count == 1 || !featureBlocks.contains(nil) else {
      throw VLMError(.configurationInvalid, "two encoders are joined at a block, and none is named")
    }
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
    var stages = encoders.flatMap(\.stages)
    for (index, block) in (configuration.projector?.deepstackBlocks ?? []).enumerated() {
      let place = stages.firstIndex(of: .vision(.block(block))) ?? stages.count - 1
      stages.insert(.deepstack(index), at: place + 1)
    }
    if encoders.count > 1 { stages.append(.joined) }
    if projector != nil { stages.append(.projector) }
    return stages
  }

  /// The stages on the way to the language model, or of the whole encoder where nothing is projected.
  ///
  /// Left out: embeddings, which are the pixels under a linear map; DeepStack's features, which leave the way before its
  /// end; blocks after the one that is projected.
  package var path: [Stage] {
    stages.filter { stage in
      switch (stage.part, stage.point) {
      case (_, .embeddings), (_, .deepstack): false
      case (.encoder(let encoder), .block(let index)): index <= featureBlocks[encoder] ?? index
      case (.encoder(let encoder), _): featureBlocks[encoder] == nil
      default: true
      }
    }
  }

  /// Encodes `inputs` in one packed pass and returns the activations at `taps`, one an input, in their order.
  ///
  /// Computes no further than the last tap. Throws when an input does not fit the encoder or a tap is not in `stages`.
  package func run(_ inputs: [PreparedImage], taps: Set<Stage>) throws -> Activations {
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
    if inputs.isEmpty || taps.isEmpty { return Activations(Dictionary(uniqueKeysWithValues: taps.map { ($0, []) })) }
    var recorder = TapRecorder(taps)
    try run(inputs, &recorder)
    return try recorder.activations(file: directory)
  }

  private func run(_ inputs: [PreparedImage], _ taps: inout TapRecorder) throws {
    let stacked = configuration.projector?.deepstackBlocks ?? []
    let projects = taps.wants(.projector) || taps.wants(.joined)
    var joined =
      projects && encoders.count > 1
      ? try JoinedTokens(inputs, encoders.map(\.vision), mergeSize: packer.mergeSize) : nil
    for (encoder, featureBlock) in zip(encoders, featureBlocks) {
      let layout = try TokenLayout(inputs, for: encoder.vision, mergeSize: packer.mergeSize)
      let mergers = deepstack.indices.filter { encoder.index == 0 && taps.wants(.deepstack($0)) }
      let output = encoder(
        inputs, layout, taps: &taps,
        blockNeeded: (mergers.map { stacked[$0] } + (projects ? [featureBlock ?? -1] : [])).max() ?? -1,
        outputNeeded: projects && featureBlock == nil
      ) { block, work, taps in
        let x = work.stream.base
        for index in mergers where stacked[index] == block {
          taps.record(.deepstack(index)) { deepstack[index](x, layout, tokens: work.tokens) }
        }
        guard projects, block == featureBlock else { return }
        if joined != nil { joined!.add(x, layout, width: encoder.vision.width) } else if let projector {
          taps.record(.projector) { projector(x, layout, tokens: work.tokens) }
        }
      }
      if featureBlock == nil, let output, let projector {
        taps.record(.projector) { project(output, layout, by: projector) }
      }
    }
    guard let joined else { return }
    // A pointer alone does not keep what it points into.
    withExtendedLifetime(joined.values) {
      taps.tokens(.joined, joined.values.base, joined.layout, width: joined.width)
      guard let projector else { return }
      taps.record(.projector) { projector(joined.values.base, joined.layout, tokens: PackedTokens()) }
    }
  }

  /// Projects what an encoder ended in: its tokens, or what it pooled of them.
  private func project(
    _ output: VisionEncoder.Output, _ layout: TokenLayout, by projector: Projector
  ) -> [StageActivation] {
    guard configuration.projector?.kind.input == .pooled else {
      return projector(output.work.stream.base, layout, tokens: output.work.tokens)
    }
    guard let pooled = output.pooled else {
      preconditionFailure("a pooled projector on an encoder without pooling")
    }
    return projector.pooled(pooled.base, layout, tokens: output.work.tokens)
  }

  /// Makes of a picture what the encoder takes, as the family's own image processor does.
  ///
  /// Throws when the model's folder has no processor settings that can be followed, or the picture does not fit them.
  package func prepare(_ image: RGBImage) throws -> PreparedImage { try processor.get().prepare(image) }
}
