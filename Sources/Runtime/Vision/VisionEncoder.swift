internal import Mapping
internal import Tensors

/// The vision transformer: embeddings, blocks, final norm and pooling, as the configuration says.
struct VisionEncoder: Sendable {
  let vision: VisionConfiguration
  /// Its place among the model's encoders.
  let index: Int
  let embedding: PatchEmbedding
  let preNorm: Norm?
  let blocks: [VisionBlock]
  let norm: Norm?
  let pooling: AttentionPooling?

  /// - Parameters:
  ///   - index: its place among the model's encoders, which says what its parameters' names start with.
  ///   - firstValue: where this encoder's values start in a patch.
  init(_ vision: VisionConfiguration, index: Int, firstValue: Int, from loader: ModelLoader) throws {
    self.vision = vision
    self.index = index
    let root = Stage.Part.encoder(index).root
    func norm(_ name: String) throws -> Norm {
      try Norm(
        "\(root).\(name)", kind: vision.norm, width: vision.width, epsilon: vision.normEpsilon, from: loader)
    }
    embedding = try PatchEmbedding(vision, root: root, firstValue: firstValue, from: loader)
    preNorm = vision.hasPreNorm ? try norm("pre_norm") : nil
    blocks = try (0..<vision.depth).map { try VisionBlock($0, vision, root: root, from: loader) }
    self.norm = vision.hasFinalNorm ? try norm("norm") : nil
    pooling = vision.pooling == .attention && index == 0 ? try AttentionPooling(vision, from: loader) : nil
  }

  /// What the encoder leaves for the projector.
  struct Output {
    /// Its `stream` is `[tokens, width]`, in computing order.
    let work: Workspace
    /// `[tiles, width]`
    let pooled: Scratch?
  }

  /// The stages of this encoder, in the order of the forward pass.
  var stages: [Stage] {
    var points = [.embeddings] + blocks.indices.map(Stage.Point.block)
    // What a second encoder ends in is used by nothing.
    if index == 0 {
      if vision.hasFinalNorm, vision.pooling != .classToken { points.append(.norm) }
      if vision.pooling != .none { points.append(.pooled) }
    }
    return points.map(stage)
  }

  private func stage(_ point: Stage.Point) -> Stage { Stage(.encoder(index), point) }

  /// Encodes `inputs`, as far as something is wanted.
  ///
  /// - Parameters:
  ///   - blockNeeded: the last block whose output `visit` wants; -1 is none.
  ///   - outputNeeded: whether the caller wants what comes after the last block.
  ///   - visit: called after every block with what its stream holds.
  /// - Returns: `nil` when nothing after the last block was wanted.
  func callAsFunction(
    _ inputs: [PreparedImage], _ layout: TokenLayout, taps: inout TapRecorder, blockNeeded: Int,
    outputNeeded: Bool, visit: (_ block: Int, _ work: Workspace, _ taps: inout TapRecorder) -> Void
  ) -> Output? {
    let (rows, width) = (layout.tokenCount, vision.width)
    let endNeeded = outputNeeded || taps.wants(stage(.norm)) || taps.wants(stage(.pooled))
    let depth =
      endNeeded
      ? blocks.count : max(taps.blocksNeeded(of: .encoder(index), depth: blocks.count), blockNeeded + 1)
    guard depth > 0 || endNeeded || taps.wants(stage(.embeddings)) else { return nil }

    let work = Workspace(tokens: rows, width: width, widest: blocks.first?.widePerToken ?? 0)
    let x = work.stream
    embedding(inputs, layout, tokens: work.tokens, into: x.base)
    preNorm?.inPlace(x.base, rows: rows)
    taps.tokens(stage(.embeddings), x.base, layout, width: width)
    let rotary = depth > 0 ? rotaryTable(layout) : nil
    for (index, block) in blocks.prefix(depth).enumerated() {
      block(work, layout, rotary: rotary)
      taps.tokens(stage(.block(index)), x.base, layout, width: width)
      visit(index, work, &taps)
    }
    guard endNeeded else { return nil }
    return Output(work: work, pooled: pool(work, layout, &taps, outputNeeded))
  }

  /// Final norm and pooling.
  private func pool(
    _ work: Workspace, _ layout: TokenLayout, _ taps: inout TapRecorder, _ outputNeeded: Bool
  ) -> Scratch? {
    let (x, rows, width, count) = (work.stream.base, layout.tokenCount, vision.width, layout.tiles.count)
    var pooled: Scratch?
    if vision.pooling == .classToken {
      pooled = classTokens(x, layout)
      norm?.inPlace(pooled!.base, rows: count)
    } else {
      norm?.inPlace(x, rows: rows)
      if norm != nil { taps.tokens(stage(.norm), x, layout, width: width) }
      guard outputNeeded || taps.wants(stage(.pooled)) else { return nil }
      if vision.pooling == .normedClassToken { pooled = classTokens(x, layout) }
      if let pooling {
        pooled = Scratch(count * width)
        pooling(x, layout, tokens: work.tokens, into: pooled!.base)
      }
    }
    if let pooled { taps.pooled(stage(.pooled), pooled.base, layout, width: width) }
    return pooled
  }

  /// The class token of every tile, `[tiles, width]`.
  private func classTokens(_ x: UnsafePointer<Float>, _ layout: TokenLayout) -> Scratch {
    let pooled = Scratch(layout.tiles.count * vision.width)
    for (index, tile) in layout.tiles.enumerated() {
      let source = x + tile.tokens.lowerBound * vision.width
      (pooled.base + index * vision.width).update(from: source, count: vision.width)
    }
    return pooled
  }

  private func rotaryTable(_ layout: TokenLayout) -> RotaryTable? {
    guard vision.position.isRotary else { return nil }
    let (headWidth, theta) = (vision.width / vision.heads, vision.ropeTheta ?? 10000)
    if vision.position == .rotaryCentres2D {
      return RotaryTable(centres: centres(layout), headWidth: headWidth, theta: theta)
    }
    let packed = layout.tiles.flatMap { tile in
      let frame = tile.grid.coordinates(mergeSize: layout.mergeSize)
      return (0..<tile.grid.frames).flatMap { _ in frame }
    }
    let coordinates = layout.order.map { order in order.map { packed[$0] } } ?? packed
    return RotaryTable(coordinates: coordinates, headWidth: headWidth, theta: theta)
  }

  /// Where the patches' centres lie in their tile, from -1 to 1; `nil` for tokens before them.
  private func centres(_ layout: TokenLayout) -> [(y: Float, x: Float)?] {
    func place(_ index: Int, of count: Int) -> Float { 2 * ((Float(index) + 0.5) / Float(count)) - 1 }
    return layout.tiles.flatMap { tile -> [(y: Float, x: Float)?] in
      let (grid, leading) = (tile.grid, Array<(y: Float, x: Float)?>(repeating: nil, count: layout.leadingTokens))
      return leading
        + grid.coordinates(mergeSize: layout.mergeSize).map { (place($0.row, of: grid.rows), place($0.column, of: grid.columns)) }
    }
  }
}
