internal import Mapping
internal import Tensors

/// The vision transformer: embeddings, blocks, final norm and pooling, as the configuration says.
struct VisionEncoder: Sendable {
  let vision: VisionConfiguration
  let embedding: PatchEmbedding
  let preNorm: Norm?
  let blocks: [VisionBlock]
  let norm: Norm?
  let pooling: AttentionPooling?

  init(_ vision: VisionConfiguration, from source: some ParameterSource) throws {
    self.vision = vision
    func norm(_ name: String) throws -> Norm {
      try Norm(name, kind: vision.norm, width: vision.width, epsilon: vision.normEpsilon, from: source)
    }
    embedding = try PatchEmbedding(vision, from: source)
    preNorm = vision.hasPreNorm ? try norm("vision.pre_norm") : nil
    blocks = try (0..<vision.depth).map { try VisionBlock($0, vision, from: source) }
    self.norm = vision.hasFinalNorm ? try norm("vision.norm") : nil
    pooling = vision.pooling == .attention ? try AttentionPooling(vision, from: source) : nil
  }

  /// What the encoder leaves for the projector.
  struct Output {
    /// `[tokens, width]` in computing order.
    let tokens: Scratch
    /// `[images, width]`
    let pooled: Scratch?
  }

  /// Encodes `inputs`; returns `nil` when the taps were all taken before the end.
  func callAsFunction(_ inputs: [PreparedImage], _ layout: TokenLayout, taps: inout TapRecorder) -> Output? {
    let (rows, width) = (layout.tokenCount, vision.width)
    let work = Workspace(tokens: rows, width: width, widest: blocks.first?.widePerToken ?? 0)
    let x = work.stream
    embedding(inputs, layout, into: x.base)
    preNorm?(x.base, rows: rows, into: x.base)
    taps.tokens(.embeddings, x.base, width: width)

    let rotary = rotaryTable(layout)
    for (index, block) in blocks.enumerated() where !taps.isFinished {
      block(work, layout, rotary: rotary)
      taps.tokens(.block(index), x.base, width: width)
    }
    if taps.isFinished { return nil }

    switch vision.pooling {
    case .classToken:
      let pooled = classTokens(x.base, layout)
      taps.pooled(.pooled, pooled.base, width: width)
      return Output(tokens: x, pooled: pooled)
    case .attention, .none:
      norm?(x.base, rows: rows, into: x.base)
      if norm != nil { taps.tokens(.norm, x.base, width: width) }
      guard let pooling, !taps.isFinished else { return Output(tokens: x, pooled: nil) }
      let pooled = Scratch(layout.images.count * width)
      pooling(x.base, layout, into: pooled.base)
      taps.pooled(.pooled, pooled.base, width: width)
      return Output(tokens: x, pooled: pooled)
    }
  }

  /// The class token of every image through the final norm, `[images, width]`.
  private func classTokens(_ x: UnsafePointer<Float>, _ layout: TokenLayout) -> Scratch {
    let pooled = Scratch(layout.images.count * vision.width)
    for (index, image) in layout.images.enumerated() {
      let source = x + image.tokens.lowerBound * vision.width
      (pooled.base + index * vision.width).update(from: source, count: vision.width)
    }
    norm?(pooled.base, rows: layout.images.count, into: pooled.base)
    return pooled
  }

  private func rotaryTable(_ layout: TokenLayout) -> RotaryTable? {
    guard vision.position == .rotary2D else { return nil }
    let packed = layout.images.flatMap { image in
      let frame = image.grid.coordinates(mergeSize: layout.mergeSize)
      return (0..<image.grid.frames).flatMap { _ in frame }
    }
    let coordinates = layout.order.map { order in order.map { packed[$0] } } ?? packed
    return RotaryTable(coordinates: coordinates, headWidth: vision.width / vision.heads, theta: vision.ropeTheta ?? 10000)
  }
}
