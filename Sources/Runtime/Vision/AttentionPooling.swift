internal import Mapping
internal import Tensors

/// SigLIP's pooling head: a learned query attends to all tokens, then `y + mlp(norm(y))`.
struct AttentionPooling: Sendable {
  let heads: Int
  /// The learned probe through the query layer, `[width]`: it is the same for every image.
  let query: FloatTensor
  let key: Linear
  let value: Linear
  let output: Linear
  let norm: Norm
  let mlp: MLP

  init(_ vision: VisionConfiguration, from loader: ModelLoader) throws {
    let (name, width) = ("vision.pooling", vision.width)
    func linear(_ part: String) throws -> Linear {
      try Linear("\(name).attention.\(part)", inputs: width, outputs: width, from: loader)
    }
    heads = vision.heads
    let probe = try loader.floats("\(name).probe", [width])
    let layer = try linear("query")
    query = FloatTensor([width]) { destination in
      let tokens = PackedTokens()
      tokens.pack(probe.base, rows: 1, width: width, as: layer.format)
      layer(tokens, into: destination.baseAddress!)
    }
    key = try linear("key")
    value = try linear("value")
    output = try linear("output")
    norm = try Norm(
      "\(name).norm", kind: vision.norm, width: width, epsilon: vision.normEpsilon, from: loader)
    mlp = try MLP(
      "\(name).mlp", kind: .plain, activation: vision.activation, width: width, hidden: vision.mlpWidth,
      from: loader)
  }

  /// Pools `x` (`[layout.tokenCount, width]`) to one row a tile in `y` (`[tiles, width]`).
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens,
    into y: UnsafeMutablePointer<Float>
  ) {
    let (width, tiles, rows) = (query.shape.count, layout.tiles.count, layout.tokenCount)
    let keysAndValues = Scratch(rows * 2 * width)
    let mixed = Scratch(tiles * width)
    let hidden = Scratch(tiles * mlp.hidden)
    for (index, layer) in [key, value].enumerated() {
      if index == 0 || layer.format != tokens.format {
        tokens.pack(x, rows: rows, width: width, as: layer.format)
      }
      layer(tokens, into: keysAndValues.base + index * width, stride: 2 * width)
    }
    // One query a tile, always the same: its rows are 0 apart.
    var segments = [0], keySegments = [0]
    for (index, tile) in layout.tiles.enumerated() {
      segments.append(index + 1)
      keySegments.append(tile.tokens.lowerBound + layout.visibleTokens(of: tile))
      // A segment without queries takes up the padding.
      segments.append(index + 1)
      keySegments.append(tile.tokens.upperBound)
    }
    Kernels.active.attention(
      query: .init(query.base, stride: 0), key: .init(keysAndValues.base, stride: 2 * width),
      value: keysAndValues.base + width, heads: heads, width: width / heads, segments: segments,
      keySegments: keySegments, scale: 1 / Float(width / heads).squareRoot(),
      into: mixed.base, outStride: width)
    tokens.pack(mixed.base, rows: tiles, width: width, as: output.format)
    output(tokens, into: y)
    mlp.add(norm, to: y, rows: tiles, tokens: tokens, scratch: hidden.base)
  }
}
