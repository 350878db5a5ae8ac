/// What a product multiplies.
package enum ProductFormat: String, Sendable {
  /// f32 by f32.
  case float32
  /// int8 tokens, one scale each, by int8 weights, one scale a row; sums are exact 32-bit integers.
  case int8
  /// Nothing yet: tokens as they come, for who looks at them before they are packed again.
  case plain

  /// Those that kernels multiply.
  package static let multiplied: [ProductFormat] = [.float32, .int8]
}

/// The weights [outputs, inputs] of a linear layer, however they are held: `PackedWeights` or `MappedWeights`.
package protocol LinearWeights: Sendable {
  /// How tokens must be packed.
  var format: ProductFormat { get }
  var outputs: Int { get }
  var inputs: Int { get }

  /// Writes `f(tokens·weightsᵀ + bias)·factor + residual` on all threads.
  ///
  /// - Parameters:
  ///   - tokens: [rows, inputs], packed in `format`.
  ///   - out: [rows, outputs], rows `stride` floats apart (`outputs` where it is `nil`).
  func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?)

  /// Writes the integer sums of an int8 product, [rows, outputs], with no scale applied.
  func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>)
}

extension LinearWeights {
  package typealias Epilogue = ProductEpilogue

  package func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue = Epilogue(), into out: UnsafeMutablePointer<Float>
  ) {
    multiply(tokens, epilogue, into: out, stride: nil)
  }
}

/// What is done to each finished sum: `f(sum + bias)·factor + residual`, all optional.
package struct ProductEpilogue {
  /// [outputs]
  package var bias: UnsafePointer<Float>?
  package var activation: Activation
  /// [rows, stride], as the output; for gated products.
  package var factor: UnsafePointer<Float>?
  /// [rows, stride], as the output, and may be the output itself.
  package var residual: UnsafePointer<Float>?

  package init(
    bias: UnsafePointer<Float>? = nil, activation: Activation = .identity,
    factor: UnsafePointer<Float>? = nil,
    residual: UnsafePointer<Float>? = nil
  ) {
    self.bias = bias
    self.activation = activation
    self.factor = factor
    self.residual = residual
  }
}
