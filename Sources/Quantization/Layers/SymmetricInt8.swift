internal import CKernels
package import Tensors

/// Symmetric 8-bit codes of weight rows, with the arithmetic of compressed-tensors.
///
/// For every run of weights that share a scale: `scale = stored(max|w| / 127.5)`, where `stored` rounds to
/// `scaleDType` and a scale of 0 becomes that type's epsilon (so rows of zeros are safe), and `code =
/// round_half_even(clamp(w / scale, -128, 127))` in f32 against the scale as stored.
///
/// compressed-tensors divides in the weight's own dtype, which in bf16 puts one code in ten one step off the
/// nearest; the scales are the same to the bit, the codes here are always the nearest.
package struct SymmetricInt8: Sendable {
  /// Inputs of the layer, which is the row length.
  package let columns: Int
  /// `F32`, `BF16` or `F16`.
  package let dtype: DType
  package let granularity: Granularity
  /// `F32`, `BF16` or `F16`: what scales will be stored as.
  package let scaleDType: DType

  private let sourceType: vk_type
  private let scaleType: vk_type

  /// Traps on dtypes other than the three, and on a granularity that does not divide `columns`.
  package init(columns: Int, dtype: DType, granularity: Granularity, scaleDType: DType) {
    guard let sourceType = Self.kernelType(dtype), let scaleType = Self.kernelType(scaleDType) else {
      preconditionFailure("int8 of \(dtype) with scales in \(scaleDType)")
    }
    precondition(granularity.divides(columns: columns), "\(granularity) does not divide \(columns)")
    self.columns = columns
    self.dtype = dtype
    self.granularity = granularity
    self.scaleDType = scaleDType
    self.sourceType = sourceType
    self.scaleType = scaleType
  }

  /// Whether weights of `dtype` can be quantized.
  package static func accepts(_ dtype: DType) -> Bool { kernelType(dtype) != nil }

  package var scalesPerRow: Int { granularity.scalesPerRow(columns: columns) }

  /// What `quantize` found in a run of rows.
  package enum Outcome: Equatable {
    case done(LossSums)
    /// The first row that holds a NaN or an infinity.
    case notFinite(row: Int)
  }

  /// Quantizes `rows` rows.
  ///
  /// - `source`: `[rows, columns]` of `dtype`; `codes`: `[rows, columns]`; `scales`: `[rows, scalesPerRow]`,
  ///   the f32 values of the scales as stored.
  package func quantize(
    rows: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>
  ) -> Outcome {
    withUnsafeTemporaryAllocation(of: vk_quantization_sums.self, capacity: max(rows, 1)) { sums in
      let done = vk_quantize_rows(
        vk_active(), source, sourceType, rows, columns, granularity.groupSize ?? columns, scaleType, codes,
        scales,
        sums.baseAddress)
      guard done == rows else { return .notFinite(row: done) }
      var total = LossSums()
      for row in 0..<rows {
        var loss = LossSums(signal: sums[row].signal, noise: sums[row].error)
        // The kernel squares in f32, which weights beyond 1e18 or below 1e-18 leave.
        if !loss.signal.isFinite || !loss.noise.isFinite || loss.signal < 1e-30 {
          loss = exactLoss(
            source + row * columns * dtype.bits / 8, codes + row * columns, scales + row * scalesPerRow)
        }
        total = total + loss
      }
      return .done(total)
    }
  }

  /// The loss of one row in f64.
  private func exactLoss(
    _ source: UnsafeRawPointer, _ codes: UnsafePointer<Int8>, _ scales: UnsafePointer<Float>
  ) -> LossSums {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { weights in
      vk_active().pointee.to_f32(source, sourceType, weights.baseAddress, columns)
      var loss = LossSums()
      for (column, weight) in weights.enumerated() {
        let scale = scales[column / (granularity.groupSize ?? columns)]
        let difference = Double(weight) - Double(codes[column]) * Double(scale)
        loss.signal += Double(weight) * Double(weight)
        loss.noise += difference * difference
      }
      return loss
    }
  }

  /// Writes `count` scales, which `scaleDType` holds exactly, in that dtype.
  package func store(scales: UnsafePointer<Float>, count: Int, into destination: UnsafeMutableRawPointer) {
    vk_active().pointee.from_f32(scales, destination, scaleType, count)
  }

  private static func kernelType(_ dtype: DType) -> vk_type? {
    switch dtype {
    case .f32: VK_F32
    case .bf16: VK_BF16
    case .f16: VK_F16
    default: nil
    }
  }
}
