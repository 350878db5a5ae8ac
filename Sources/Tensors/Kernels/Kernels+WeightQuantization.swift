internal import CKernels
internal import Foundation

/// What rounding weights cost: sums over any number of weights, in f64. Laid out as `vk_quantization_sums`.
package struct LossSums: Sendable, Equatable {
  /// Sum of squared weights.
  package var signal: Double
  /// Sum of squared differences between weights and code · scale.
  package var noise: Double

  package init(signal: Double = 0, noise: Double = 0) {
    self.signal = signal
    self.noise = noise
  }

  package static func + (a: LossSums, b: LossSums) -> LossSums {
    LossSums(signal: a.signal + b.signal, noise: a.noise + b.noise)
  }

  /// Signal to quantization-noise ratio in dB, 10 log10(signal / noise); `nil` when every weight is held
  /// exactly.
  package var decibels: Double? { noise > 0 ? 10 * log10(signal / noise) : nil }
}

extension Kernels {
  /// Rounds tokens to int8 codes times a scale, in place, on this thread.
  ///
  /// - Parameters:
  ///   - tokens: [rows, width].
  ///   - scale: of all; `nil`: each token's own, max|x| / 127.5.
  package func round(_ tokens: UnsafeMutablePointer<Float>, rows: Int, width: Int, scale: Float?) {
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(1, width)) {
      vk_round_tokens(table, tokens, rows, width, scale ?? 0, $0.baseAddress)
    }
  }

  /// Whether weights of `dtype` can be quantized, and scales stored in it.
  package static func quantizes(_ dtype: DType) -> Bool { [.f32, .bf16, .f16].contains(dtype) }

  /// Symmetric codes of weights, with one scale for each run of `group` columns of each row.
  ///
  /// `scale = stored(absmax/((2^bits - 1)/2))`, where `stored` rounds to `scaleType` (F32, BF16, F16) and a zero becomes the type's
  /// epsilon; `code = round_half_even(clamp(x/scale, -2^(bits-1), 2^(bits-1) - 1))`, as compressed-tensors.
  /// - Parameters:
  ///   - source: [rows, width] of `dtype` (F32, BF16 or F16).
  ///   - group: columns a scale covers; `width` for one scale a row.
  ///   - bits: 2 to 8, of codes that take a byte each here.
  ///   - codes: [rows, width].
  ///   - scales: [rows, ceil(width/group)].
  ///   - losses: [rows], or `nil`. Rounding of these sums differs by 1e-6 relative between instruction sets; codes and scales
  ///     never differ.
  /// - Returns: the first row with a NaN, an infinity or a scale beyond `scaleType`, or `nil` when all rows are written.
  package func quantizeRows(
    _ source: UnsafeRawPointer, of dtype: DType, rows: Int, width: Int, group: Int, bits: Int = 8, scaleType: DType = .f32,
    codes: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<LossSums>? = nil
  ) -> Int? {
    precondition(Self.quantizes(dtype) && Self.quantizes(scaleType) && group > 0 && (2...8).contains(bits))
    let written =
      UnsafeMutableRawPointer(losses).map {
        $0.withMemoryRebound(to: vk_quantization_sums.self, capacity: rows) { sums in
          vk_quantize_rows(
            table, source, Self.type(dtype), rows, width, group, UInt32(bits), Self.type(scaleType), codes, scales, sums)
        }
      }
      ?? vk_quantize_rows(
        table, source, Self.type(dtype), rows, width, group, UInt32(bits), Self.type(scaleType), codes, scales, nil)
    return written == rows ? nil : written
  }

  /// Codes and scales of ggml's Q8_0 (`bits` 8) or Q4_0 (4, less 8), as gguf-py takes them: the same on every instruction set.
  ///
  /// - Parameters:
  ///   - source: [rows, width] of `dtype` (F32, BF16 or F16).
  ///   - width: whole blocks of 32.
  ///   - codes: [rows, width]; `scales`: [rows, width / 32], rounded to F16.
  ///   - losses: [rows], or `nil`.
  /// - Returns: the first row with a NaN, an infinity or a scale beyond F16, or `nil` when all rows are written.
  package static func quantizeGGML(
    _ source: UnsafeRawPointer, of dtype: DType, rows: Int, width: Int, bits: Int, codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>? = nil
  ) -> Int? {
    precondition(quantizes(dtype) && [4, 8].contains(bits) && width % 32 == 0)
    func run(_ sums: UnsafeMutablePointer<vk_quantization_sums>?) -> Int {
      vk_quantize_ggml(source, type(dtype), rows, width, UInt32(bits), codes, scales, sums)
    }
    let written =
      UnsafeMutableRawPointer(losses).map { $0.withMemoryRebound(to: vk_quantization_sums.self, capacity: rows) { run($0) } }
      ?? run(nil)
    return written == rows ? nil : written
  }

  /// Unsigned codes of weights with a scale and a bias for each run of `group` columns, as `mx.quantize` makes them: the same on every
  /// instruction set.
  ///
  /// - Parameters:
  ///   - source: [rows, width] of `dtype` (F32, BF16 or F16), in which scales and biases are to be stored.
  ///   - group: a multiple of 32 up to 1024 that divides `width`.
  ///   - bits: 4 or 8.
  ///   - words: [rows, width bits / 32], the first code of a word in its lowest bits; `nil`: no codes are made.
  ///   - scales: [rows, width / group], the f32 values of the scales as stored; `biases` likewise.
  ///   - losses: [rows], of codes.
  /// - Returns: the first row with a NaN, an infinity or a scale beyond `dtype`, or `nil` when all rows are written.
  package static func quantizeAffine(
    _ source: UnsafeRawPointer, of dtype: DType, rows: Int, width: Int, group: Int, bits: Int, words: UnsafeMutablePointer<UInt32>?,
    scales: UnsafeMutablePointer<Float>, biases: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>
  ) -> Int? {
    precondition(quantizes(dtype) && [4, 8].contains(bits) && group % 32 == 0 && group <= 1024 && width % group == 0)
    let written = UnsafeMutableRawPointer(losses).withMemoryRebound(to: vk_quantization_sums.self, capacity: rows) { sums in
      vk_quantize_affine(source, type(dtype), rows, width, group, UInt32(bits), words, scales, biases, sums)
    }
    return written == rows ? nil : written
  }
}
