internal import Mapping
internal import Tensors

/// Multi-head self-attention inside segments of packed tokens: `softmax(q kᵀ / √headWidth) v`, then the output product.
struct Attention: Sendable {
  let heads: Int
  let headWidth: Int
  /// Query, key and value, each `[width, width]`.
  let inputs: [Linear]
  /// `[width, width]`
  let output: Linear

  init(_ name: String, width: Int, heads: Int, from loader: ModelLoader) throws {
    self.heads = heads
    headWidth = width / heads
    inputs = try ["query", "key", "value"].map {
      try Linear("\(name).\($0)", inputs: width, outputs: width, from: loader)
    }
    output = try Linear("\(name).output", inputs: width, outputs: width, from: loader)
  }

  var width: Int { heads * headWidth }

  /// Adds `attention(norm(x))` to `x`, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - segments: cumulative boundaries; a token sees the tokens of its own segment.
  ///   - qkv: scratch, `[rows, 3 * width]`
  ///   - mixed: scratch, `[rows, width]`
  func add(
    _ norm: Norm, to x: UnsafeMutablePointer<Float>, rows: Int, segments: [Int], rotary: RotaryTable?,
    tokens: PackedTokens, qkv: UnsafeMutablePointer<Float>, mixed: UnsafeMutablePointer<Float>
  ) {
    for (index, layer) in inputs.enumerated() {
      if index == 0 || layer.format != tokens.format {
        norm.pack(x, rows: rows, into: tokens, as: layer.format)
      }
      layer(tokens, into: qkv + index * width, stride: 3 * width)
    }
    rotary?.rotate(qkv, rows: rows, stride: 3 * width, heads: 2 * heads)
    Kernels.active.attention(
      query: .init(qkv, stride: 3 * width), key: .init(qkv + width, stride: 3 * width),
      value: qkv + 2 * width,
      heads: heads, width: headWidth, segments: segments, scale: 1 / Float(headWidth).squareRoot(),
      into: mixed,
      outStride: width)
    tokens.pack(mixed, rows: rows, width: width, as: output.format)
    output(tokens, residual: x, into: x)
  }
}
