internal import Mapping
internal import Tensors

/// Multi-head self-attention inside segments of packed tokens: `softmax(q kᵀ / √headWidth) v`, then the output product.
struct Attention: Sendable {
  let heads: Int
  let headWidth: Int
  /// Query over key over value, `[3 * width, width]`.
  let input: Linear
  /// `[width, width]`
  let output: Linear

  init(_ name: String, width: Int, heads: Int, from source: some ParameterSource) throws {
    self.heads = heads
    headWidth = width / heads
    input = try Linear(
      ["\(name).query", "\(name).key", "\(name).value"], inputs: width, widths: [width, width, width], from: source)
    output = try Linear("\(name).output", inputs: width, outputs: width, from: source)
  }

  var width: Int { heads * headWidth }

  /// Adds the attention of `x` to `residual`.
  ///
  /// - Parameters:
  ///   - x: `[rows, width]`
  ///   - segments: cumulative boundaries; a token sees the tokens of its own segment.
  ///   - qkv: scratch, `[rows, 3 * width]`
  ///   - mixed: scratch, `[rows, width]`; may be where `x` is.
  func add(
    _ x: UnsafePointer<Float>, rows: Int, segments: [Int], rotary: RotaryTable?,
    to residual: UnsafeMutablePointer<Float>, qkv: UnsafeMutablePointer<Float>, mixed: UnsafeMutablePointer<Float>
  ) {
    input(x, rows: rows, into: qkv)
    rotary?.rotate(qkv, rows: rows, stride: 3 * width, heads: 2 * heads)
    Stopgap.attention(
      query: qkv, key: qkv + width, value: qkv + 2 * width, stride: 3 * width, segments: segments, heads: heads,
      headWidth: headWidth, into: mixed)
    output(mixed, rows: rows, into: residual, accumulating: true)
  }
}
