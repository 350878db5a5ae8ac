internal import Mapping
internal import Tensors

/// The vision transformer: embeddings, blocks, final norm and pooling, as the configuration says.
struct VisionEncoder: Sendable {
  let vision: VisionConfiguration
  /// A second encoder beside another, with stages of its own.
  let isFused: Bool
  let embedding: PatchEmbedding
  let preNorm: Norm?
  let blocks: [VisionBlock]
  let norm: Norm?
  let pooling: AttentionPooling?

  /// - Parameters:
  ///   - isFused: the second of two encoders, whose parameters start with `vision.fused`.
  ///   - firstValue: where this encoder's values start in a patch.
  init(
    _ vision: VisionConfiguration, isFused: Bool = false, firstValue: Int = 0, from loader: ModelLoader
  ) throws {
    self.vision = vision
    self.isFused = isFused
    let root = isFused ? "vision.fused" : "vision"
    func norm(_ name: String) throws -> Norm {
      try Norm(
        "\(root).\(name)", kind: vision.norm, width: vision.width, epsilon: vision.normEpsilon, from: loader)
    }
    embedding = try PatchEmbedding(vision, root: root, firstValue: firstValue, from: loader)
    preNorm = vision.hasPreNorm ? try norm("pre_norm") : nil
    blocks = try (0..<vision.depth).map { try VisionBlock($0, vision, root: root, from: loader) }
    self.norm = vision.hasFinalNorm ? try norm("norm") : nil
    // What a second encoder pools is used by nothing.
    pooling =
      vision.pooling == .attention && !isFused ? try AttentionPooling(vision, from: loader) : nil
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
    if isFused { return [.fusedEmbeddings] + (0..<vision.depth).map(Stage.fusedBlock) }
    var stages = [.embeddings] + (0..<vision.depth).map(Stage.block)
    if vision.hasFinalNorm, vision.pooling != .classToken { stages.append(.norm) }
    if vision.pooling != .none { stages.append(.pooled) }
    return stages
  }

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
    let endNeeded = outputNeeded || taps.wants(.norm) || taps.wants(.pooled)
    let blockTapped = blocks.indices.last { taps.wants(stage($0)) } ?? -1
    let last = !isFused && endNeeded ? blocks.count - 1 : max(blockTapped, blockNeeded)
    let embeddings: Stage = isFused ? .fusedEmbeddings : .embeddings
    guard last >= 0 || endNeeded || taps.wants(embeddings) else { return nil }

    let work = Workspace(tokens: rows, width: width, widest: blocks.first?.widePerToken ?? 0)
    let x = work.stream
    embedding(inputs, layout, tokens: work.tokens, into: x.base)
    preNorm?.inPlace(x.base, rows: rows)
    taps.tokens(embeddings, x.base, layout, width: width)
    let rotary = last >= 0 ? rotaryTable(layout) : nil
    for index in 0..<(last + 1) {
      blocks[index](work, layout, rotary: rotary)
      taps.tokens(stage(index), x.base, layout, width: width)
      visit(index, work, &taps)
    }
    guard !isFused, endNeeded else { return nil }
    return Output(work: work, pooled: pool(work, layout, &taps, outputNeeded))
  }

  private func stage(_ block: Int) -> Stage { isFused ? .fusedBlock(block) : .block(block) }

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
      if norm != nil { taps.tokens(.norm, x, layout, width: width) }
      guard outputNeeded || taps.wants(.pooled) else { return nil }
      if vision.pooling == .normedClassToken { pooled = classTokens(x, layout) }
      if let pooling {
        pooled = Scratch(count * width)
        pooling(x, layout, tokens: work.tokens, into: pooled!.base)
      }
    }
    if let pooled { taps.pooled(.pooled, pooled.base, layout, width: width) }
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
    let packed = layout.tiles.flatMap { tile in
      let frame = tile.grid.coordinates(mergeSize: layout.mergeSize)
      return (0..<tile.grid.frames).flatMap { _ in frame }
    }
    let coordinates = layout.order.map { order in order.map { packed[$0] } } ?? packed
    return RotaryTable(
      coordinates: coordinates, headWidth: vision.width / vision.heads, theta: vision.ropeTheta ?? 10000)
  }
}
