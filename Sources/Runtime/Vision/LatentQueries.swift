internal import Tensors

/// Kosmos-2's resampler: learned queries attend to the projected tokens of a tile and to themselves.
struct LatentQueries: Sendable {
  let heads: Int
  /// `[latents, width]`
  let latents: FloatTensor
  /// Query, key, value and output, each `[width, width]`.
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  /// - Parameters:
  ///   - name: of the queries, whose `shape` is `[latents, width]`.
  ///   - attention: what the names of its layers start with.
  init(_ name: String, _ shape: Shape, attention: String, heads: Int, from loader: ModelLoader) throws {
    func linear(_ part: String) throws -> Linear {
      try Linear("\(attention).\(part)", inputs: shape[1], outputs: shape[1], from: loader)
    }
    self.heads = heads
    latents = try loader.floats(name, shape)
    query = try linear("query")
    key = try linear("key")
    value = try linear("value")
    output = try linear("output")
  }

  /// Brings every row of `x` to unit length, as `torch.nn.functional.normalize` does.
  static func normalise(_ x: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
    for row in 0..<rows {
      let values = UnsafeMutableBufferPointer(start: x + row * width, count: width)
      let length = Float(values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot())
      let divisor = max(length, 1e-12)
      for index in values.indices { values[index] /= divisor }
    }
  }

  /// Attends to `x`, the projected tokens of all tiles, `[layout.tokenCount, width]`.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens
  ) -> [StageActivation] {
    let (count, width, tiles) = (latents.rowCount, latents.rowWidth, layout.tiles.count)
    let sources = layout.tiles.flatMap { tile in
      tile.tokens.map { x + $0 * width } + (0..<count).map { UnsafePointer(latents.base) + $0 * width }
    }
    let keysAndValues = Scratch(sources.count * 2 * width)
    let queries = Scratch(tiles * count * width)
    func pack(_ rows: Int, _ format: ProductFormat, _ source: (Int) -> UnsafePointer<Float>) {
      tokens.pack(rows: rows, width: width, as: format) { range, destination in
        for (place, row) in range.enumerated() {
          (destination + place * width).update(from: source(row), count: width)
        }
      }
    }
    for (index, layer) in [key, value].enumerated() {
      pack(sources.count, layer.format) { sources[$0] }
      layer(tokens, into: keysAndValues.base + index * width, stride: 2 * width)
    }
    pack(tiles * count, query.format) { UnsafePointer(latents.base) + $0 % count * width }
    query(tokens, into: queries.base)
    let mixed = Scratch(tiles * count * width)
    var keySegments = [0]
    for tile in layout.tiles { keySegments.append(keySegments.last! + tile.tokens.count + count) }
    Kernels.active.attention(
      query: .init(queries.base, stride: width), key: .init(keysAndValues.base, stride: 2 * width),
      value: keysAndValues.base + width, heads: heads, width: width / heads,
      segments: (0...tiles).map { $0 * count }, keySegments: keySegments,
      scale: 1 / Float(width / heads).squareRoot(), into: mixed.base, outStride: width)
    tokens.pack(mixed.base, rows: tiles * count, width: width, as: output.format)
    let y = Scratch(tiles * count * width)
    output(tokens, into: y.base)
    return layout.images.map { image in
      StageActivation(
        values: FloatTensor([image.tiles.count * count, width]) {
          $0.baseAddress!.update(from: y.base + image.tiles.lowerBound * count * width, count: $0.count)
        }, grid: nil)
    }
  }
}
