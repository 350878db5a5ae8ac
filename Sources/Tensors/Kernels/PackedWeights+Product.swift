internal import CKernels

extension PackedWeights {
  /// What is done to each finished sum: `f(sum + bias)·factor + residual`, all optional.
  package struct Epilogue {
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

  /// Writes `f(tokens·weightsᵀ + bias)·factor + residual` on all threads.
  ///
  /// - Parameters:
  ///   - tokens: [rows, inputs], packed in this object's format.
  ///   - out: [rows, outputs], rows `stride` floats apart (`outputs` by default).
  package func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue = Epilogue(), into out: UnsafeMutablePointer<Float>,
    stride: Int? = nil
  ) {
    scales.withUnsafeBufferPointer { scales in
      var product = product(tokens, stride: stride)
      product.weight_scales = scales.baseAddress
      product.bias = epilogue.bias
      product.factor = epilogue.factor
      product.residual = epilogue.residual
      product.activation = epilogue.activation.kernel
      product.out = out
      run(product, tokens)
    }
  }

  /// Writes the integer sums of an int8 product, [rows, outputs], with no scale applied.
  package func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    precondition(format == .int8)
    var product = product(tokens, stride: nil)
    product.integers = out
    run(product, tokens)
  }

  private func product(_ tokens: PackedTokens, stride: Int?) -> vk_product {
    precondition(tokens.format == format && tokens.width == inputs, "tokens are packed for another layer")
    var product = vk_product()
    product.rows = tokens.rows
    product.columns = outputs
    product.depth = inputs
    product.tokens = tokens.base
    product.weights = UnsafeRawPointer(packed.base)
    product.out_stride = stride ?? outputs
    return product
  }

  /// Rectangles of about 96 rows by 256 columns (fewer for small products), handed out to threads as they come free.
  private func run(_ product: vk_product, _ tokens: PackedTokens) {
    let products = tokens.kernels.table.pointee.products.pointee
    let multiply = format == .int8 ? products.s8_multiply! : products.f32_multiply!
    let (blockCount, panelCount) = (tokens.blockCount, Self.panels(outputs))
    let blocks = max(1, 96 / tokens.blockRows), down = (blockCount + blocks - 1) / blocks
    var panels = 256 / Self.panelColumns
    while panels > 2, down * panelCount < 8 * Parallel.threads * panels { panels /= 2 }
    let across = (panelCount + panels - 1) / panels
    withUnsafePointer(to: product) { product in
      Parallel.forEach(down * across) { index in
        let (block, panel) = (index / across * blocks, index % across * panels)
        multiply(product, block, min(block + blocks, blockCount), panel, min(panel + panels, panelCount))
      }
    }
  }
}
