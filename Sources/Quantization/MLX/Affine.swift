package import Mapping
package import Tensors

/// MLX's weights of 4 or 8 bits: unsigned codes with a scale and a bias a group of inputs, `w = code scale + bias`; activations stay in
/// floating point.
package struct Affine: QuantizationScheme {
  /// Of a code: 4 or 8.
  package let bits: Int

  package init(bits: Int) {
    precondition([4, 8].contains(bits), "affine codes of \(bits) bits")
    self.bits = bits
  }

  package var id: String { "affine\(bits)" }
  package var summary: String { "unsigned int\(bits) weights with a scale and a bias per group, activations in floating point" }
  package let activations = ActivationPrecision.float
  package let defaultGranularity = Granularity.group(64)

  /// Takes the groups that MLX has.
  package func validate(_ granularity: Granularity) throws(VLMError) {
    guard let size = granularity.groupSize, [32, 64, 128].contains(size) else {
      throw VLMError(
        .granularityRefused, "\(id) has groups of 32, 64 or 128 inputs, not one scale a \(granularity)", remedy: "use --group-size 64")
    }
  }

  /// Inputs that share a scale and a bias.
  func groupSize(_ granularity: Granularity) -> Int {
    guard let size = granularity.groupSize else { preconditionFailure("\(id) has groups, which `validate` asks for") }
    return size
  }

  /// Bytes of the codes, scales and biases of a weight.
  func byteCount(of weight: TensorDescriptor, _ granularity: Granularity) -> Int {
    weight.shape.count * bits / 8 + 2 * weight.shape.count / groupSize(granularity) * weight.dtype.bits / 8
  }

  /// Quantizes rows as `mx.quantize` does, to the bit.
  ///
  /// - `source`: `[count, columns]` of `dtype`, in which scales and biases are to be stored; `words`: `[count, columns bits / 32]`,
  ///   `nil` for scales and biases alone; `scales` and `biases`: `[count, columns / groupSize]`, their f32 values as stored.
  package func quantize(
    rows count: Int, columns: Int, groupSize: Int, of dtype: DType, source: UnsafeRawPointer, words: UnsafeMutablePointer<UInt32>?,
    scales: UnsafeMutablePointer<Float>, biases: UnsafeMutablePointer<Float>
  ) -> RowsOutcome {
    withUnsafeTemporaryAllocation(of: LossSums.self, capacity: max(count, 1)) { losses in
      if let row = Kernels.quantizeAffine(
        source, of: dtype, rows: count, width: columns, group: groupSize, bits: bits, words: words, scales: scales, biases: biases,
        losses: losses.baseAddress!)
      {
        return .notFinite(row: row)
      }
      return .done(losses[..<count].reduce(LossSums(), +))
    }
  }
}
