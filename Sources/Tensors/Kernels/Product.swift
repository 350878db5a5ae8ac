internal import CKernels

extension vk_product {
  /// A product of `tokens` and the whole of `weights`, whose bytes and scales the caller adds.
  init(
    _ weights: some LinearWeights, _ tokens: PackedTokens, _ epilogue: ProductEpilogue,
    _ out: UnsafeMutablePointer<Float>, stride: Int?
  ) {
    self.init(weights, tokens, stride: stride)
    bias = epilogue.bias
    factor = epilogue.factor
    residual = epilogue.residual
    activation = epilogue.activation.kernel
    self.out = out
  }

  /// The same for the integer sums of an int8 product.
  init(_ weights: some LinearWeights, _ tokens: PackedTokens, integers: UnsafeMutablePointer<Int32>) {
    precondition(weights.format == .int8)
    self.init(weights, tokens, stride: nil)
    self.integers = integers
  }

  private init(_ weights: some LinearWeights, _ tokens: PackedTokens, stride: Int?) {
    precondition(
      tokens.format == weights.format && tokens.width == weights.inputs, "tokens are packed for another layer"
    )
    self.init()
    rows = tokens.rows
    columns = weights.outputs
    depth = weights.inputs
    out_stride = stride ?? weights.outputs
  }

  /// The same product with only the columns of `range`; the caller sets the weights.
  func columns(_ range: Range<Int>) -> vk_product {
    let first = range.lowerBound
    var part = self
    part.columns = range.count
    part.weight_scales = weight_scales.map { $0 + first }
    part.bias = bias.map { $0 + first }
    part.factor = factor.map { $0 + first }
    part.residual = residual.map { $0 + first }
    part.out = out.map { $0 + first }
    part.integers = integers.map { $0 + first }
    return part
  }

  /// Runs a product with packed panels on all threads: rectangles of about 96 rows by 256 columns (fewer for small
  /// products), handed out to threads as they come free.
  func run(_ tokens: PackedTokens) {
    let products = tokens.kernels.table.pointee.products.pointee
    let multiply = tokens.format == .int8 ? products.s8_multiply! : products.f32_multiply!
    let (blockCount, panelCount) = (tokens.blockCount, PackedWeights.panels(columns))
    let blocks = max(1, 96 / tokens.blockRows), down = (blockCount + blocks - 1) / blocks
    var panels = 256 / PackedWeights.panelColumns
    while panels > 2, down * panelCount < 8 * Parallel.threads * panels { panels /= 2 }
    let across = (panelCount + panels - 1) / panels
    var product = self
    product.tokens = tokens.blocks
    withUnsafePointer(to: product) { product in
      Parallel.forEach(down * across) { index in
        let (block, panel) = (index / across * blocks, index % across * panels)
        multiply(product, block, min(block + blocks, blockCount), panel, min(panel + panels, panelCount))
      }
    }
  }
}
