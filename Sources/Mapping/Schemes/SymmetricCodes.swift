package import Tensors

/// Symmetric codes of weight rows, with the arithmetic of compressed-tensors.
///
/// For every run of weights that share a scale: `scale = stored(max|w| / h)`, where `h` is half of the 2^bits - 1 steps (127.5 of 8
/// bits), `stored` rounds to `scaleDType` and a scale of 0 becomes that type's epsilon (so rows of zeros are safe), and `code =
/// round_half_even(clamp(w / scale, -h - 0.5, h - 0.5))` in f32 against the scale as stored.
///
/// compressed-tensors divides in the weight's own dtype, which in bf16 puts one code in ten one step off the
/// nearest; the scales are the same to the bit, the codes here are always the nearest.
package struct SymmetricCodes: WeightCodec {
  package let rows: WeightRows
  package let bits: Int

  package init(_ rows: WeightRows, bits: Int = 8) { (self.rows, self.bits) = (rows, bits) }

  package func quantize(
    _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by kernels: Kernels
  ) -> Int? {
    let columns = rows.columns
    if let row = kernels.quantizeRows(
      source, of: rows.dtype, rows: count, width: columns, group: rows.granularity.groupSize ?? columns, bits: bits,
      scaleType: rows.scaleDType, codes: codes, scales: scales, losses: losses)
    {
      return row
    }
    guard let losses else { return nil }
    for row in 0..<count {
      let loss = losses[row]
      // The kernel squares in f32, which weights beyond 1e18 or below 1e-18 leave.
      guard !loss.signal.isFinite || !loss.noise.isFinite || loss.signal < 1e-30 else { continue }
      losses[row] = exactLoss(
        UnsafeRawBufferPointer(start: source + row * rows.rowByteCount, count: rows.rowByteCount),
        codes + row * columns, scales + row * rows.scalesPerRow, kernels)
    }
    return nil
  }

  /// The loss of one row in f64.
  private func exactLoss(
    _ source: UnsafeRawBufferPointer, _ codes: UnsafePointer<Int8>, _ scales: UnsafePointer<Float>,
    _ kernels: Kernels
  ) -> LossSums {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.columns) { weights in
      kernels.convert(source, of: rows.dtype, to: weights)
      var loss = LossSums()
      rows.stored.forEachRun(in: 0..<rows.columns) { run, scale in
        for column in run {
          let weight = Double(weights[column])
          let difference = weight - Double(codes[column]) * Double(scales[scale])
          loss.signal += weight * weight
          loss.noise += difference * difference
        }
      }
      return loss
    }
  }

  /// Half a step, and what cutting `h` steps to the largest code costs more when the stored scale was rounded down.
  package func errorBound(peak: Float) -> Float {
    // Relative rounding of the stored scale, and half its smallest step, where it is subnormal.
    let (relative, least): (Float, Float) =
      switch rows.scaleDType {
      case .bf16: (0x1p-8, 0x1p-134)
      case .f16: (0x1p-11, 0x1p-25)
      default: (0x1p-23, .leastNonzeroMagnitude)
      }
    let half = Float((1 << bits) - 1) / 2
    let scale = peak / half
    let rounding = max(scale * relative, least)
    // Dividing and multiplying in f32 adds a few units of the last place of `peak`.
    return (scale + rounding) / 2 + half * rounding + 4 * peak * .ulpOfOne
  }
}
