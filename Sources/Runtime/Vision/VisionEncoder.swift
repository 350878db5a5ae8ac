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

  init(_ vision: VisionConfiguration, from loader: ModelLoader) throws {
    self.vision = vision
    func norm(_ name: String) throws -> Norm {
      try Norm(name, kind: vision.norm, width: vision.width, epsilon: vision.normEpsilon, from: loader)
    }
    embedding = try PatchEmbedding(vision, from: loader)
    preNorm = vision.hasPreNorm ? try norm("vision.pre_norm") : nil
    blocks = try (0..<vision.depth).map { try VisionBlock($0, vision, from: loader) }
    self.norm = vision.hasFinalNorm ? try norm("vision.norm") : nil
    pooling = vision.pooling == .attention ? try AttentionPooling(vision, from: loader) : nil
  }

  /// What the encoder leaves for the projector.
  struct Output {
    /// Its `stream` is `[tokens, width]`, in computing order.
    let work: Workspace
    /// `[images, width]`
    let pooled: Scratch?
  }

  /// Encodes `inputs`; returns `nil` when the taps were all taken before the end.
  func callAsFunction(_ inputs: [PreparedImage], _ layout: TokenLayout, taps: inout TapRecorder) -> Output? {
    let (rows, width) = (layout.tokenCount, vision.width)
    let work = Workspace(tokens: rows, width: width, widest: blocks.first?.widePerToken ?? 0)
    let x = work.stream
    embedding(inputs, layout, tokens: work.tokens, into: x.base)
    preNorm?.inPlace(x.base, rows: rows)
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
      return Output(work: work, pooled: pooled)
    case .attention, .none, .normedClassToken:
      norm?.inPlace(x.base, rows: rows)
      if norm != nil { taps.tokens(.norm, x.base, width: width) }
      if vision.pooling == .normedClassToken {
        let pooled = classTokens(x.base, layout, normed: true)
        taps.pooled(.pooled, pooled.base, width: width)
        return Output(work: work, pooled: pooled)
      }
      guard let pooling, !taps.isFinished else { return Output(work: work, pooled: nil) }
      let pooled = Scratch(layout.images.count * width)
      pooling(x.base, layout, tokens: work.tokens, into: pooled.base)
      taps.pooled(.pooled, pooled.base, width: width)
      return Output(work: work, pooled: pooled)
    }
  }

  /// The class token of every image through the final norm, `[images, width]`.
  private func classTokens(_ x: UnsafePointer<Float>, _ layout: TokenLayout, normed: Bool = false) -> Scratch
  {
    let pooled = Scratch(layout.images.count * vision.width)
    for (index, image) in layout.images.enumerated() {
      let source = x + image.tokens.lowerBound * vision.width
      (pooled.base + index * vision.width).update(from: source, count: vision.width)
    }
    if !normed { norm?.inPlace(pooled.base, rows: layout.images.count) }
    return pooled
  }

  private func rotaryTable(_ layout: TokenLayout) -> RotaryTable? {
    guard vision.position == .rotary2D else { return nil }
    let packed = layout.images.flatMap { image in
      let frame = image.grid.coordinates(mergeSize: layout.mergeSize)
      return (0..<image.grid.frames).flatMap { _ in frame }
    }
    let coordinates = layout.order.map { order in order.map { packed[$0] } } ?? packed
    return RotaryTable(
      coordinates: coordinates, headWidth: vision.width / vision.heads, theta: vision.ropeTheta ?? 10000)
  }
}
