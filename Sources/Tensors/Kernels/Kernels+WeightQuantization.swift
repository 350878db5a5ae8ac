internal import CKernels

extension Kernels {
  /// Whether weights of `dtype` can be quantized, and scales stored in it.
  package static func quantizes(_ dtype: DType) -> Bool { [.f32, .bf16, .f16].contains(dtype) }

  /// Symmetric int8 of weights, with one scale for each run of `group` columns of each row.
  ///
  /// `scale = stored(absmax/127.5)`, where `stored` rounds to `scaleType` (F32, BF16, F16) and a zero becomes the type's
  /// epsilon; `code = round_half_even(clamp(x/scale, -128, 127))`, as compressed-tensors.
  /// - Parameters:
  ///   - source: [rows, width] of `dtype` (F32, BF16 or F16).
  ///   - group: columns a scale covers; `width` for one scale a row.
  ///   - codes: [rows, width].
  ///   - scales: [rows, ceil(width/group)].
  ///   - losses: [rows], or `nil`. Rounding of these sums differs by 1e-6 relative between instruction sets; codes and scales
  ///     never differ.
  /// - Returns: the first row with a NaN, an infinity or a scale beyond `scaleType`, or `nil` when all rows are written.
  package func quantizeRows(
    _ source: UnsafeRawPointer, of dtype: DType, rows: Int, width: Int, group: Int, scaleType: DType = .f32,
    codes: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<LossSums>? = nil
  ) -> Int? {
    precondition(Self.quantizes(dtype) && Self.quantizes(scaleType) && group > 0)
    let written =
      UnsafeMutableRawPointer(losses).map {
        $0.withMemoryRebound(to: vk_quantization_sums.self, capacity: rows) { sums in
          vk_quantize_rows(
            table, source, Self.type(dtype), rows, width, group, Self.type(scaleType), codes, scales, sums)
        }
      }
      ?? vk_quantize_rows(
        table, source, Self.type(dtype), rows, width, group, Self.type(scaleType), codes, scales, nil)
    return written == rows ? nil : written
  }
}
