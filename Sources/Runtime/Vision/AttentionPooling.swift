internal import Mapping
internal import Tensors

/// SigLIP's pooling head: a learned query attends to all tokens, then `y + mlp(norm(y))`.
struct AttentionPooling: Sendable {
  let heads: Int
  /// The learned probe through the query layer, `[width]`: it is the same for every image.
  let query: FloatTensor
  /// Key over value, `[2 * width, width]`.
  let keyValue: Linear
  let output: Linear
  let norm: Norm
  let mlp: MLP

  init(_ vision: VisionConfiguration, from source: some ParameterSource) throws {
    let (name, width) = ("vision.pooling", vision.width)
    heads = vision.heads
    let probe = try source.floats("\(name).probe", [width])
    let layer = try Linear("\(name).attention.query", inputs: width, outputs: width, from: source)
    query = FloatTensor([width]) { layer(probe.base, rows: 1, into: $0.baseAddress!) }
    keyValue = try Linear(
      ["\(name).attention.key", "\(name).attention.value"], inputs: width, widths: [width, width], from: source)
    output = try Linear("\(name).attention.output", inputs: width, outputs: width, from: source)
    norm = try Norm("\(name).norm", kind: vision.norm, width: width, epsilon: vision.normEpsilon, from: source)
    mlp = try MLP(
      "\(name).mlp", kind: .plain, activation: vision.activation, width: width, hidden: vision.mlpWidth, from: source)
  }

  /// Pools the tokens `x` (`[layout.tokenCount, width]`) to one row an image in `y` (`[images, width]`).
  func callAsFunction(_ x: UnsafePointer<Float>, _ layout: TokenLayout, into y: UnsafeMutablePointer<Float>) {
    let (width, images) = (query.shape.count, layout.images.count)
    let keys = Scratch(layout.tokenCount * 2 * width)
    let mixed = Scratch(images * width)
    let hidden = Scratch(images * mlp.scratchPerToken)
    keyValue(x, rows: layout.tokenCount, into: keys.base)
    for (index, image) in layout.images.enumerated() {
      Stopgap.crossAttention(
        query: query.base, key: keys.base + image.tokens.lowerBound * 2 * width,
        value: keys.base + image.tokens.lowerBound * 2 * width + width, stride: 2 * width, rows: image.tokens.count,
        heads: heads, headWidth: width / heads, into: mixed.base + index * width)
    }
    output(mixed.base, rows: images, into: y)
    norm(y, rows: images, into: mixed.base)
    mlp.add(mixed.base, rows: images, to: y, scratch: hidden.base)
  }
}
