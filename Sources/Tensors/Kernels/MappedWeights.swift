internal import CKernels

/// The weights [outputs, inputs] of a linear layer as they lie in a file: no copy is made, not even for a moment.
///
/// Few rows (decoding) read each weight once, at the speed of memory. More rows (a prompt) have panels packed on the fly for
/// as many outputs as fit the caches. Answers are those of `PackedWeights`, int8 exactly, f32 but for the order of sums.
package final class MappedWeights: LinearWeights {
  package let format: ProductFormat
  package let outputs: Int
  package let inputs: Int
  private let resident: ResidentBytes
  private let dtype: DType
  /// [outputs]; int8 only.
  private let scales: [Float]

  /// Whether weights of `dtype` can be used where they lie.
  package static func supports(_ dtype: DType) -> Bool { [.f32, .bf16, .f16, .i8].contains(dtype) }

  /// - Parameters:
  ///   - resident: F32, BF16 or F16 elements, row-major and little-endian, at any address.
  package init(_ resident: ResidentBytes, of dtype: DType, outputs: Int, inputs: Int) {
    precondition(outputs > 0 && inputs >= 0 && inputs < 1 << 17 && Self.supports(dtype) && dtype != .i8)
    precondition(resident.bytes.count == outputs * inputs * dtype.bits / 8)
    (format, scales, self.dtype, self.resident) = (.float32, [], dtype, resident)
    (self.outputs, self.inputs) = (outputs, inputs)
  }

  /// - Parameters:
  ///   - codes: int8, row-major; any codes, -128 included.
  ///   - scales: one for each output, `weight = code·scale`.
  package init(codes: ResidentBytes, scales: [Float], outputs: Int, inputs: Int) {
    precondition(outputs > 0 && inputs >= 0 && inputs < 1 << 17 && scales.count == outputs)
    precondition(codes.bytes.count == outputs * inputs)
    (format, self.scales, dtype, resident) = (.int8, scales, .i8, codes)
    (self.outputs, self.inputs) = (outputs, inputs)
  }

  /// Lends the elements, row-major, and their type.
  package func withElements<R>(_ body: (UnsafeRawBufferPointer, DType) throws -> R) rethrows -> R {
    try withExtendedLifetime(resident.owner) { try body(resident.bytes, dtype) }
  }

  package func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?
  ) {
    scales.withUnsafeBufferPointer { scales in
      var product = vk_product(self, tokens, epilogue, out, stride: stride)
      product.weight_scales = scales.baseAddress
      run(product, tokens)
    }
  }

  package func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    run(vk_product(self, tokens, integers: out), tokens)
  }

  private func run(_ product: vk_product, _ tokens: PackedTokens) {
    withExtendedLifetime(resident.owner) {
      // Weights without inputs have no address.
      let weights = resident.bytes.baseAddress ?? UnsafeRawPointer(tokens.panels(byteCount: 0))
      if let rows = tokens.placedRows {
        multiplyRows(product, rows, weights, tokens.kernels)
      } else {
        multiplyPanels(product, weights, tokens)
      }
    }
  }

  /// Few rows: threads take 64 outputs at a time.
  private func multiplyRows(
    _ product: vk_product, _ rows: UnsafeRawPointer, _ weights: UnsafeRawPointer, _ kernels: Kernels
  ) {
    var product = product
    product.tokens = rows
    product.weights = weights
    let products = kernels.table.pointee.products.pointee, outputs = outputs
    withUnsafePointer(to: product) { product in
      Parallel.forEach((outputs + 63) / 64) { index in
        let (first, end) = (index * 64, min(outputs, index * 64 + 64))
        switch format {
        case .int8: products.s8_multiply_rows(product, first, end)
        case .float32: products.f32_multiply_rows(product, Kernels.type(dtype), first, end)
        case .plain: preconditionFailure("no product reads tokens as they come")
        }
      }
    }
  }

  /// Many rows: all threads pack a run of outputs, then multiply it, then the next.
  private func multiplyPanels(_ product: vk_product, _ weights: UnsafeRawPointer, _ tokens: PackedTokens) {
    let columns = PackedWeights.panelColumns, rowBytes = inputs * dtype.bits / 8
    let panelBytes =
      format == .int8 ? vk_s8_weights_bytes(columns, inputs) : vk_f32_weights_bytes(columns, inputs)
    // A megabyte a thread, and at least a pair of panels.
    let panels = max(2 * Parallel.threads, Parallel.threads << 20 / max(1, panelBytes)) / 2 * 2
    for first in stride(from: 0, to: outputs, by: panels * columns) {
      let range = first..<min(outputs, first + panels * columns)
      var part = product.columns(range)
      part.weights = UnsafeRawPointer(pack(weights + first * rowBytes, range.count, tokens))
      part.run(tokens)
    }
  }

  private func pack(_ weights: UnsafeRawPointer, _ count: Int, _ tokens: PackedTokens)
    -> UnsafeMutableRawPointer
  {
    let (format, inputs, dtype, table) = (format, inputs, dtype, tokens.kernels.table)
    let bytes = format == .int8 ? vk_s8_weights_bytes(count, inputs) : vk_f32_weights_bytes(count, inputs)
    let packed = tokens.panels(byteCount: bytes)
    Parallel.forRanges(PackedWeights.panels(count)) { panels in
      switch format {
      case .int8:
        vk_s8_pack_weights(
          weights.assumingMemoryBound(to: Int8.self), count, inputs, panels.lowerBound, panels.upperBound,
          packed)
      case .float32:
        table.pointee.pack_weights(
          weights, Kernels.type(dtype), count, inputs, panels.lowerBound, panels.upperBound, packed)
      case .plain: preconditionFailure("no product reads tokens as they come")
      }
    }
    return packed
  }
}
