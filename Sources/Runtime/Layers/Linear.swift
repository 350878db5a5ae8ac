internal import Tensors

/// `y = x Wᵀ + b`, in f32 or in int8 with each token quantized as it comes.
struct Linear: Sendable {
  /// `[outputs, inputs]`
  let weights: any LinearWeights
  /// `[outputs]`
  let bias: FloatTensor?

  /// - Parameters:
  ///   - outputScale: what the output is multiplied by, `[outputs]`; folded into weights and bias.
  ///   - float32Only: keeps the layer in f32 whatever the precision.
  init(
    _ name: String, inputs: Int, outputs: Int, outputScale: FloatTensor? = nil, from loader: ModelLoader,
    float32Only: Bool = false
  ) throws {
    weights = try loader.weights(
      "\(name).weight", outputs: outputs, inputs: inputs, outputScale: outputScale, float32Only: float32Only)
    let bias = loader.has("\(name).bias") ? try loader.floats("\(name).bias", [outputs]) : nil
    self.bias = bias.map { bias in outputScale.map { $0.scalingRows(of: bias) } ?? bias }
  }

  var inputs: Int { weights.inputs }
  var outputs: Int { weights.outputs }

  /// How tokens must be packed for this layer.
  var format: ProductFormat { weights.format }

  /// Writes `f(x Wᵀ + b) * factor + residual`.
  ///
  /// - Parameters:
  ///   - tokens: `[rows, inputs]`, packed in `format`.
  ///   - factor, residual: `[rows, stride]` as `y`, and may be `y` itself.
  ///   - y: `[rows, outputs]`, rows `stride` floats apart (`outputs` by default).
  func callAsFunction(
    _ tokens: PackedTokens, activation: Activation = .identity, factor: UnsafePointer<Float>? = nil,
    residual: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>, stride: Int? = nil
  ) {
    let epilogue = ProductEpilogue(
      bias: bias.map { UnsafePointer($0.base) }, activation: activation, factor: factor, residual: residual)
    weights.multiply(tokens, epilogue, into: y, stride: stride)
  }
}
