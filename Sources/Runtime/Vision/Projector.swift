internal import Mapping
internal import Tensors

/// Vision features to the language model's width: tokens chosen and merged, optional norm, then linear layers with an
/// activation between; attention of learned queries or the packing of tiles after them, as the kind says.
struct Projector: Sendable {
  let kind: ProjectorKind
  /// Side of the squares of patches that become one row; 1 where tokens stay by themselves.
  let side: Int
  let dropsLeadingTokens: Bool
  let norm: Norm?
  /// The norm runs over a whole merged row.
  let normsMergedRows: Bool
  let layers: [Linear]
  let activation: Activation
  let latents: LatentQueries?
  let packing: TilePacking?

  /// - Parameters:
  ///   - name: what the parameters' names start with.
  ///   - width: of the vision tokens, of both encoders where there are two.
  ///   - normAfterMerge: in place of the configuration's (mergers of DeepStack differ from the main one).
  init(
    _ projector: ProjectorConfiguration, _ vision: VisionConfiguration, name: String = "projector",
    width: Int, normAfterMerge: Bool? = nil, from loader: ModelLoader
  ) throws {
    kind = projector.kind
    activation = projector.activation.kernel
    dropsLeadingTokens = projector.dropsLeadingTokens ?? false
    switch kind {
    case .merger, .pixelShuffle, .pixelShuffleIdefics: side = vision.spatialMergeSize
    case .mlp, .pooledLinear, .latentQueries: side = 1
    }
    normsMergedRows = normAfterMerge ?? projector.normAfterMerge ?? false
    var inputs = width * side * side
    let normWidth = normsMergedRows ? inputs : width
    norm = try projector.norm.map {
      try Norm("\(name).norm", kind: $0, width: normWidth, epsilon: projector.normEpsilon, from: loader)
    }
    layers = try projector.layerWidths.enumerated().map { index, outputs in
      defer { inputs = outputs }
      return try Linear("\(name).layers.\(index)", inputs: inputs, outputs: outputs, from: loader)
    }
    guard !layers.isEmpty else {
      throw VLMError(
        .configurationInvalid, "the projector has no layers", remedy: "config.json is incomplete")
    }
    guard side == 1 || vision.leadingTokens == 0 || dropsLeadingTokens else {
      throw VLMError(.configurationInvalid, "leading tokens cannot be merged into squares of patches")
    }
    latents = kind == .latentQueries ? try LatentQueries(projector, from: loader) : nil
    packing = projector.tileGrids == nil ? nil : try TilePacking(projector, from: loader)
    guard packing == nil || dropsLeadingTokens || vision.leadingTokens == 0 else {
      throw VLMError(.configurationInvalid, "leading tokens cannot be packed with tiles")
    }
  }

  var outputWidth: Int { layers.last!.outputs }

  /// Projects the encoder's tokens `x`, `[layout.tokenCount, width]` in computing order, image by image.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens
  ) -> [StageActivation] {
    let y = project(x, rows: sources(layout), tokens: tokens)
    if let latents { return latents(y.base, layout, tokens: tokens) }
    var start = 0
    let ranges = layout.tiles.map { tile in
      let first = start
      start += (tile.grid.count + (dropsLeadingTokens ? 0 : layout.leadingTokens)) / (side * side)
      return first..<start
    }
    let width = outputWidth
    return layout.images.map { image in
      let overview = layout.tiles[image.overview].grid
      let grid = (rows: overview.rows / side, columns: overview.columns / side)
      let own = ranges[image.tiles.lowerBound].lowerBound..<ranges[image.tiles.upperBound - 1].upperBound
      if let packing {
        return packing(y.base + own.lowerBound * width, tile: grid, of: image)
      }
      let values = FloatTensor([own.count, width]) {
        $0.baseAddress!.update(from: y.base + own.lowerBound * width, count: own.count * width)
      }
      let before = ranges[image.overview].lowerBound - own.lowerBound
      return StageActivation(
        values: values, grid: grid, leadingTokens: before + (dropsLeadingTokens ? 0 : layout.leadingTokens),
        frames: overview.frames, mergeSize: side == 1 ? layout.mergeSize : 1)
    }
  }

  /// Projects one pooled vector a tile, `[tiles, width]`.
  func pooled(_ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens) -> [StageActivation] {
    let y = project(x, rows: Array(0..<layout.tiles.count), tokens: tokens)
    return layout.images.map { image in
      StageActivation(
        values: FloatTensor([image.tiles.count, outputWidth]) {
          $0.baseAddress!.update(
            from: y.base + image.tiles.lowerBound * outputWidth, count: image.tiles.count * outputWidth)
        }, grid: nil)
    }
  }

  /// The rows of the stream that are projected, in the processor's order; those of a square one after another.
  private func sources(_ layout: TokenLayout) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(layout.tokenCount)
    for tile in layout.tiles {
      let first = tile.tokens.lowerBound + layout.leadingTokens
      if !dropsLeadingTokens { rows += tile.tokens.lowerBound..<first }
      guard side > 1, layout.mergeSize != side else {
        rows += first..<tile.tokens.upperBound
        continue
      }
      let squares = tile.grid.coordinates(mergeSize: side)
      for frame in 0..<tile.grid.frames {
        rows += squares.map {
          first
            + tile.grid.index(row: $0.row, column: $0.column, frame: frame, mergeSize: layout.mergeSize)
        }
      }
    }
    return layout.places.map { places in rows.map { places[$0] } } ?? rows
  }

  /// Norm and linear layers over the given rows of `x`, `side`² of which make one: `[rows / side², outputWidth]`.
  private func project(_ x: UnsafePointer<Float>, rows: [Int], tokens: PackedTokens) -> Scratch {
    let joined = side * side
    let count = rows.count / joined
    let width = layers[0].inputs / joined
    var output: Scratch?
    for (index, layer) in layers.enumerated() {
      if let input = output {
        tokens.pack(input.base, rows: count, width: layer.inputs, as: layer.format)
      } else {
        tokens.pack(rows: count, width: layer.inputs, as: layer.format) { range, destination in
          for (place, row) in rows[range.lowerBound * joined..<range.upperBound * joined].enumerated() {
            (destination + place * width).update(from: x + row * width, count: width)
          }
          norm?(destination, rows: normsMergedRows ? range.count : range.count * joined, into: destination)
          if kind == .latentQueries { LatentQueries.normalise(destination, rows: range.count, width: width) }
        }
      }
      let next = Scratch(count * layer.outputs)
      layer(tokens, activation: index < layers.count - 1 ? activation : .identity, into: next.base)
      output = next
    }
    return output!
  }
}
