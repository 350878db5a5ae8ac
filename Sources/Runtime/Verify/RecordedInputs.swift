internal import Images
internal import Mapping
internal import Tensors

/// Pictures and a prompt as the inputs of a reference, laid out as the family's own processor in transformers does.
struct RecordedInputs {
  private(set) var tensors: [RecordedTensor] = []

  /// - Throws: `runtime.input.tokens` when there is neither picture nor prompt, and what preparing them throws.
  init(_ checkpoint: MappedCheckpoint, pictures: [RGBImage], prompt: String?, precision: Precision) throws {
    guard !pictures.isEmpty || prompt != nil else {
      throw VLMError(.inputTokens, "there is neither a picture nor a prompt to record")
    }
    var images: [ImageFeatures] = []
    if !pictures.isEmpty {
      let model = try VisionModel(checkpoint, precision: precision)
      let prepared = try pictures.map { try model.prepare($0) }
      tensors = try Self.pixels(prepared, for: model)
      if prompt != nil {
        images = model.features(prepared, try model.run(prepared, taps: Set(model.featureStages)))
      }
    }
    guard let prompt else { return }
    guard checkpoint.configuration.language?.hasHead == true, checkpoint.configuration.contrastive == nil
    else {
      throw VLMError(
        .noLanguageModel, "the model has no decoder that a prompt could be run through",
        file: checkpoint.path,
        remedy: "leave --prompt out")
    }
    let written = try PromptWriter(checkpoint).prompt(prompt, images: images)
    tensors += Self.tokens(written, checkpoint.configuration)
  }

  /// As `ReferenceFile.images(for:)` reads them back.
  private static func pixels(_ images: [PreparedImage], for model: VisionModel) throws -> [RecordedTensor] {
    let configuration = model.configuration
    let tiles = images.flatMap(\.tiles)
    if configuration.vision?.positionResampling == .bilinearAntialias {
      return rowsOfPatches(images, model.packer)
    }
    // Qwen's own form; it also holds pictures that are not of one size.
    let isUniform = tiles.allSatisfy { $0.grid == tiles[0].grid && !$0.isPadded }
    guard model.packer.mergeSize == 1, model.packer.temporalPatchSize == 1, isUniform else {
      return try packed(images, model.packer)
    }
    let pictures = tiles.map { model.packer.picture(of: $0) }
    let shape = pictures[0].shape.dimensions
    if configuration.projector?.tileGrids != nil {
      return divided(images, pictures, shape)
    }
    let isIdefics = configuration.projector?.kind == .pixelShuffleIdefics
    return [
      RecordedTensor(
        "input.pixel_values",
        .joined(pictures, shape: Shape((isIdefics ? [1] : []) + [pictures.count] + shape)))
    ]
  }

  /// `[patches, values]`, and the grid of each image.
  private static func packed(_ images: [PreparedImage], _ packer: PatchPacker) throws -> [RecordedTensor] {
    guard images.allSatisfy({ $0.tiles.count == 1 && !$0.tiles[0].isPadded }) else {
      throw VLMError(
        .inputShape, "pictures in tiles of several sizes cannot be recorded together",
        remedy: "record one picture at a time")
    }
    let tiles = images.map { $0.tiles[0] }
    let rows = tiles.reduce(0) { $0 + $1.grid.count }
    return [
      RecordedTensor(
        "input.pixel_values", .joined(tiles.map(\.patches), shape: [rows, packer.patchValues])),
      RecordedTensor(
        "input.image_grid_thw", integers: tiles.flatMap { [$0.grid.frames, $0.grid.rows, $0.grid.columns] },
        shape: [tiles.count, 3]),
    ]
  }

  /// NaFlex: `[images, patches, values]`, a patch in order P, P, C; the mask shows which rows are not padding.
  private static func rowsOfPatches(_ images: [PreparedImage], _ packer: PatchPacker) -> [RecordedTensor] {
    let tiles = images.map { $0.tiles[0] }
    let most = tiles.map(\.grid.count).max() ?? 0
    let (values, area) = (packer.patchValues, packer.patchValues / packer.channels)
    let pixels = FloatTensor([tiles.count, most, values]) { destination in
      for (image, tile) in tiles.enumerated() {
        for patch in 0..<tile.grid.count {
          let target = destination.baseAddress! + (image * most + patch) * values
          let source = tile.patches.base + patch * values
          for channel in 0..<packer.channels {
            for pixel in 0..<area {
              target[pixel * packer.channels + channel] = source[channel * area + pixel]
            }
          }
        }
      }
    }
    let mask = tiles.flatMap { tile in (0..<most).map { $0 < tile.grid.count ? 1 : 0 } }
    return [
      RecordedTensor("input.pixel_values", pixels),
      RecordedTensor(
        "input.spatial_shapes", integers: tiles.flatMap { [$0.grid.rows, $0.grid.columns] },
        shape: [tiles.count, 2]),
      RecordedTensor("input.pixel_attention_mask", integers: mask, shape: [tiles.count, most]),
    ]
  }

  /// LLaVA-NeXT: `[images, tiles, C, H, W]`, zeros after an image's own tiles, and the pictures' sizes.
  private static func divided(
    _ images: [PreparedImage], _ pictures: [FloatTensor], _ shape: [Int]
  ) -> [RecordedTensor] {
    let most = images.map(\.tiles.count).max() ?? 0
    var remaining = pictures[...]
    let padded = images.flatMap { image -> [FloatTensor] in
      let own = remaining.prefix(image.tiles.count)
      remaining = remaining.dropFirst(image.tiles.count)
      return own + (image.tiles.count..<most).map { _ in FloatTensor(Shape(shape)) { _ in } }
    }
    let sizes = images.flatMap { [$0.size?.rows ?? 0, $0.size?.columns ?? 0] }
    return [
      RecordedTensor("input.pixel_values", .joined(padded, shape: Shape([images.count, most] + shape))),
      RecordedTensor("input.image_sizes", integers: sizes, shape: [images.count, 2]),
    ]
  }

  private static func tokens(_ prompt: Prompt, _ configuration: ModelConfiguration) -> [RecordedTensor] {
    let images = Set(prompt.imageRows)
    // OpenVLA's ids have no places for images: they go in after the first token.
    let isInserted = configuration.language?.imageInsertion != nil
    let ids =
      isInserted
      ? prompt.tokens.indices.filter { !images.contains($0) }.map { prompt.tokens[$0] } : prompt.tokens
    func row(_ name: String, _ values: [Int]) -> RecordedTensor {
      RecordedTensor("input.\(name)", integers: values, shape: [1, values.count])
    }
    let zeros = [Int](repeating: 0, count: ids.count)
    var tensors = [row("input_ids", ids), row("attention_mask", zeros.map { $0 + 1 })]
    if configuration.language?.bidirectionalPrefix == true { tensors.append(row("token_type_ids", zeros)) }
    if configuration.language?.bidirectionalImages == true {
      tensors.append(row("token_type_ids", ids.indices.map { images.contains($0) ? 1 : 0 }))
    }
    if configuration.prompt?.firstImageId != nil {
      tensors.append(row("image_embeds_position_mask", ids.indices.map { images.contains($0) ? 1 : 0 }))
    }
    return tensors
  }
}

extension PatchPacker {
  /// The picture `[channels, height, width]` of a tile of one frame in raster order: what `tile` cut up.
  func picture(of tile: PreparedImage.Tile) -> FloatTensor {
    precondition(temporalPatchSize == 1 && mergeSize == 1)
    let (height, width) = (tile.grid.rows * patchSize, tile.grid.columns * patchSize)
    return FloatTensor([channels, height, width]) { destination in
      var source = tile.patches.base
      for cell in tile.grid.coordinates(mergeSize: 1) {
        for channel in 0..<channels {
          for row in 0..<patchSize {
            let place = (channel * height + cell.row * patchSize + row) * width + cell.column * patchSize
            (destination.baseAddress! + place).update(from: source, count: patchSize)
            source += patchSize
          }
        }
      }
    }
  }
}
