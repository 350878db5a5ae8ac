internal import CKernels

/// Activation functions under their usual names.
package enum Activation: String, CaseIterable, Sendable {
  case identity
  /// x/2 (1 + erf(x/√2))
  case gelu
  /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
  case geluTanh
  /// x σ(1.702 x)
  case quickGelu
  /// x σ(x)
  case silu
  case relu
  /// σ(x) = 1/(1 + e^-x)
  case sigmoid

  var kernel: vk_activation {
    switch self {
    case .identity: VK_IDENTITY
    case .gelu: VK_GELU
    case .geluTanh: VK_GELU_TANH
    case .quickGelu: VK_QUICK_GELU
    case .silu: VK_SILU
    case .relu: VK_RELU
    case .sigmoid: VK_SIGMOID
    }
  }
}

extension Kernels {
  /// `y = (x - mean)/√(variance + epsilon)·weight + bias` for each of `rows` rows; `y` may be `x`.
  package func layerNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, epsilon: Float,
    into y: UnsafeMutablePointer<Float>, rows: Int, width: Int
  ) {
    table.pointee.layer_norm(x, weight, bias, epsilon, y, rows, width)
  }

  /// `y = x/√(mean(x²) + epsilon)·weight` for each of `rows` rows; `y` may be `x`.
  package func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    into y: UnsafeMutablePointer<Float>,
    rows: Int, width: Int
  ) {
    table.pointee.rms_norm(x, weight, epsilon, y, rows, width)
  }

  /// `y = f(x)`; `y` may be `x`.
  package func activate(
    _ function: Activation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.activate(function.kernel, x, y, count)
  }

  /// Softmax of `scale·x` along each row, in place.
  package func softmax(_ x: UnsafeMutablePointer<Float>, scale: Float = 1, rows: Int, width: Int) {
    table.pointee.softmax(x, scale, rows, width)
  }

  /// `y = a + b`; `y` may be either input.
  package func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.add(a, b, y, count)
  }

  /// Rotates the halves `(a, b)` of the first `width` elements of every head to `(a cos - b sin, b cos + a sin)`, in place.
  ///
  /// Head h of token t is at `x + t·tokenStride + h·headStride`; the tables are [tokens, width/2].
  package func rotate(
    _ x: UnsafeMutablePointer<Float>, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, tokens: Int,
    heads: Int, width: Int, headStride: Int? = nil, tokenStride: Int
  ) {
    precondition(width % 2 == 0, "odd head width \(width)")
    table.pointee.rotate(x, cosines, sines, tokens, heads, width, headStride ?? width, tokenStride)
  }
}
