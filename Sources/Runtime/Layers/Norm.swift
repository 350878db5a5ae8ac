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

  init(_ name: String, kind: NormKind, width: Int, epsilon: Double, from source: some ParameterSource) throws {
    self.kind = kind
    weight = try source.floats("\(name).weight", [width])
    bias = kind == .layerNorm ? try source.floats("\(name).bias", [width]) : nil
    self.epsilon = Float(epsilon)
  }

  var width: Int { weight.shape.count }

  /// `y[r] = norm(x[r])` for `rows` rows of `width`; `x` and `y` may be the same.
  func callAsFunction(_ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>) {
    switch kind {
    case .layerNorm:
      Kernels.active.layerNorm(
        x, weight: weight.base, bias: bias?.base, epsilon: epsilon, into: y, rows: rows, width: width)
    case .rmsNorm:
      Kernels.active.rmsNorm(x, weight: weight.base, epsilon: epsilon, into: y, rows: rows, width: width)
    }
  }
}
