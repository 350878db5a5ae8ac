internal import Mapping
internal import Tensors

/// LayerNorm or RMSNorm over the last axis.
struct Norm: Sendable {
  let kind: NormKind
  /// `[width]`
  let weight: FloatTensor
  /// `[width]`; LayerNorm only.
  let bias: FloatTensor?
  let epsilon: Float

  /// - Parameter unitOffset: the norm multiplies by `1 + weight` (Gemma).
  init(
    _ name: String, kind: NormKind, width: Int, epsilon: Double, unitOffset: Bool = false,
    from loader: ModelLoader
  ) throws {
    self.kind = kind
    let stored = try loader.floats("\(name).weight", [width])
    weight = unitOffset ? FloatTensor(stored.values.map { 1 + $0 }, shape: [width]) : stored
    bias = kind == .layerNorm ? try loader.floats("\(name).bias", [width]) : nil
    self.epsilon = Float(epsilon)
  }

  var width: Int { weight.shape.count }

  /// `y[r] = norm(x[r])` for `rows` rows of `width`, on this thread; `x` and `y` may be the same.
  func callAsFunction(_ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>) {
    switch kind {
    case .layerNorm:
      Kernels.active.layerNorm(
        x, weight: weight.base, bias: bias?.base, epsilon: epsilon, into: y, rows: rows, width: width)
    case .rmsNorm:
      Kernels.active.rmsNorm(x, weight: weight.base, epsilon: epsilon, into: y, rows: rows, width: width)
    }
  }

  /// Normalises `rows` rows of `x` in place, on all threads; rows are `stride` floats apart (`width` by default).
  func inPlace(_ x: UnsafeMutablePointer<Float>, rows: Int, stride: Int? = nil) {
    nonisolated(unsafe) let x = x
    Parallel.forRanges(rows, grain: 16) { range in
      guard let stride, stride != width else {
        return self(x + range.lowerBound * width, rows: range.count, into: x + range.lowerBound * width)
      }
      for row in range { self(x + row * stride, rows: 1, into: x + row * stride) }
    }
  }

  /// Packs the normalised rows of `x` for a product, as they leave the cache.
  ///
  /// - Parameter joined: rows that make one row of the product (patches merged into one token).
  func pack(
    _ x: UnsafePointer<Float>, rows: Int, joined: Int = 1, into tokens: PackedTokens, as format: ProductFormat
  ) {
    tokens.pack(rows: rows / joined, width: width * joined, as: format) { range, destination in
      self(x + range.lowerBound * joined * width, rows: range.count * joined, into: destination)
    }
  }
}
