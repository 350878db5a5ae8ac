internal import Mapping
internal import Tensors

/// Multi-head self-attention inside segments of packed tokens: `softmax(q kᵀ / √headWidth) v`, then the output product.
struct Attention: Sendable {
  let heads: Int
  let headWidth: Int
  /// Query, key and value, each `[width, width]`.
  let inputs: [Linear]
  /// Norms of the whole query and the whole key, all heads at once.
  let queryKeyNorms: [Norm]
  /// `[width, width]`
  let output: Linear

  /// - Parameter outputScale: what the output is multiplied by, `[width]`; folded into the output layer.
  init(
    _ name: String, width: Int, heads: Int, queryKeyNorm: NormKind? = nil, epsilon: Double = 1e-6,
    outputScale: FloatTensor? = nil, from loader: ModelLoader
  ) throws {
    self.heads = heads
    headWidth = width / heads
    inputs = try ["query", "key", "value"].map {
      try Linear("\(name).\($0)", inputs: width, outputs: width, from: loader)
    }
    queryKeyNorms =
      try queryKeyNorm.map { kind in
        try ["query_norm", "key_norm"].map {
          try Norm("\(name).\($0)", kind: kind, width: width, epsilon: epsilon, from: loader)
        }
      } ?? []
    output = try Linear(
      "\(name).output", inputs: width, outputs: width, outputScale: outputScale, from: loader)
  }

  var width: Int { heads * headWidth }

  /// Adds `attention(norm(x))` to `x`, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - qkv: scratch, `[rows, 3 * width]`
  ///   - mixed: scratch, `[rows, width]`
  func add(
    _ norm: Norm, to x: UnsafeMutablePointer<Float>, rows: Int, segments: AttentionSegments,
    rotary: RotaryTable?, tokens: PackedTokens, qkv: UnsafeMutablePointer<Float>,
    mixed: UnsafeMutablePointer<Float>
  ) {
    for (index, layer) in inputs.enumerated() {
      if index == 0 || layer.format != tokens.format {
        norm.pack(x, rows: rows, into: tokens, as: layer.format)
      }
      layer(tokens, into: qkv + index * width, stride: 3 * width)
    }
    for (index, norm) in queryKeyNorms.enumerated() {
      norm.inPlace(qkv + index * width, rows: rows, stride: 3 * width)
    }
    rotary?.rotate(qkv, rows: rows, stride: 3 * width, heads: 2 * heads)
    Kernels.active.attention(
      query: .init(qkv, stride: 3 * width), key: .init(qkv + width, stride: 3 * width),
      value: qkv + 2 * width, heads: heads, width: headWidth, segments: segments.queries,
      keySegments: segments.keys, scale: 1 / Float(headWidth).squareRoot(), into: mixed, outStride: width)
    tokens.pack(mixed, rows: rows, width: width, as: output.format)
    output(tokens, residual: x, into: x)
  }
}

/// Who attends to whom in packed tokens: those of a segment to each other, or to its first tokens only.
struct AttentionSegments: Equatable {
  /// Cumulative boundaries of queries, `[0, …, tokens]`.
  private(set) var queries: [Int]
  /// Those of keys; `nil` where they are the same.
  private(set) var keys: [Int]?

  /// Segments whose tokens all see each other.
  init(_ boundaries: [Int]) { queries = boundaries }

  /// Adds a segment of `count` tokens that all see the first `keys` of them.
  mutating func append(queries count: Int, keys visible: Int) {
    let (start, end) = (queries.last!, queries.last! + count)
    if visible < count, keys == nil { keys = queries }
    queries.append(end)
    guard keys != nil else { return }
    keys!.append(start + visible)
    if visible < count {
      // A segment without queries takes up the keys that nothing sees.
      queries.append(end)
      keys!.append(end)
    }
  }
}
