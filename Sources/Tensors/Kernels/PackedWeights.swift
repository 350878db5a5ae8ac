internal import CKernels

/// The weights [outputs, inputs] of a linear layer, in the order in which kernels read them.
///
/// Packed once; the source is not needed afterwards. Takes four bytes a float weight, one an int8 weight, rounded up to 16
/// outputs (and, int8, 32 inputs). The fastest form for many rows; `MappedWeights` needs no memory of its own.
package final class PackedWeights: LinearWeights {
  package let format: ProductFormat
  package let outputs: Int
  package let inputs: Int
  let packed: AlignedBytes
  /// [outputs]; int8 only.
  let scales: [Float]

  /// Packs f32 weights.
  package convenience init(_ weights: UnsafePointer<Float>, outputs: Int, inputs: Int) {
    self.init(weights, of: .f32, outputs: outputs, inputs: inputs)
  }

  /// Packs weights of any float type that `Kernels.converts`, at any address, as f32.
  package init(_ weights: UnsafeRawPointer, of dtype: DType, outputs: Int, inputs: Int) {
    precondition(outputs > 0 && inputs >= 0)
    format = .float32
    (self.outputs, self.inputs, scales) = (outputs, inputs, [])
    packed = AlignedBytes(vk_f32_weights_bytes(outputs, inputs))
    let (base, type, table) = (packed.base, Kernels.type(dtype), Kernels.active.table)
    Parallel.forRanges(Self.panels(outputs)) { panels in
      table.pointee.pack_weights(weights, type, outputs, inputs, panels.lowerBound, panels.upperBound, base)
    }
  }

  /// Packs int8 weights, `codes·scales[output]`. Any codes, -128 included; `inputs` below 131072, so that sums fit.
  package init(codes: UnsafePointer<Int8>, scales: [Float], outputs: Int, inputs: Int) {
    precondition(outputs > 0 && inputs >= 0 && inputs < 1 << 17 && scales.count == outputs)
    format = .int8
    (self.outputs, self.inputs, self.scales) = (outputs, inputs, scales)
    packed = AlignedBytes(vk_s8_weights_bytes(outputs, inputs))
    let base = packed.base
    Parallel.forRanges(Self.panels(outputs)) { panels in
      vk_s8_pack_weights(codes, outputs, inputs, panels.lowerBound, panels.upperBound, base)
    }
  }

  /// int8 weights in memory that another object has packed.
  init(sharing other: PackedWeights, scales: [Float]) {
    precondition(scales.count == other.outputs)
    (format, outputs, inputs, packed) = (other.format, other.outputs, other.inputs, other.packed)
    self.scales = scales
  }

  static func panels(_ outputs: Int) -> Int { (outputs + panelColumns - 1) / panelColumns }
  static let panelColumns = Int(VK_PANEL_COLUMNS)
}

// Written only inside `init`.
extension PackedWeights: @unchecked Sendable {}

extension PackedWeights {
  package func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?
  ) {
    scales.withUnsafeBufferPointer { scales in
      var product = vk_product(self, tokens, epilogue, out, stride: stride)
      product.weight_scales = scales.baseAddress
      product.weights = UnsafeRawPointer(packed.base)
      product.run(tokens)
    }
  }

  package func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    var product = vk_product(self, tokens, integers: out)
    product.weights = UnsafeRawPointer(packed.base)
    product.run(tokens)
  }

  /// The same int8 codes with the scale of every output multiplied by a factor, `[outputs]`; shares the codes' memory.
  package func scalingOutputs(by factors: FloatTensor) -> PackedWeights {
    precondition(format == .int8 && factors.shape.count == outputs, "\(factors.shape) for \(outputs) outputs")
    return PackedWeights(sharing: self, scales: zip(scales, factors.values).map { $0 * $1 })
  }
}

extension FloatTensor {
  /// `other` with row `r` multiplied by element `r` of this vector; a vector's rows are its elements.
  package func scalingRows(of other: FloatTensor) -> FloatTensor {
    precondition(shape.count == other.rowCount, "\(shape) for the rows of \(other.shape)")
    let width = other.rowWidth
    return FloatTensor(other.shape) { destination in
      for row in 0..<other.rowCount {
        for index in row * width..<(row + 1) * width { destination[index] = base[row] * other.base[index] }
      }
    }
  }
}
