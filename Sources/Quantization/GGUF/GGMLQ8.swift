internal import Checkpoints
package import Mapping
package import Tensors

/// ggml's Q8_0: int8 in blocks of 32 inputs with a scale of F16 each; activations stay in floating point.
package struct GGMLQ8: Int8Scheme {
  /// Inputs that share a scale.
  static let block = 32

  package let id = "q8_0"
  package let summary = "int8 weights in llama.cpp's blocks of 32, activations in floating point"
  package let activations = ActivationPrecision.float
  package let defaultGranularity = Granularity.group(block)

  package func validate(_ granularity: Granularity) throws(VLMError) {
    guard granularity == .group(Self.block) else {
      throw VLMError(
        .granularityRefused, "blocks of llama.cpp have \(Self.block) weights",
        remedy: "leave out --group-size")
    }
  }

  package func codec(for rows: WeightRows) -> any WeightCodec { Codec(rows: rows) }

  /// The arithmetic of gguf-py, in f32: `d = max|w| / 127`, `code = round(w (1 / d))`, halves away from zero, against `d` as it is
  /// before it is rounded to F16 to be stored.
  private struct Codec: WeightCodec {
    let rows: WeightRows

    func quantize(
      _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
      scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by kernels: Kernels
    ) -> Int? {
      let (columns, block) = (rows.columns, GGMLQ8.block)
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { weights in
        for row in 0..<count {
          kernels.convert(
            UnsafeRawBufferPointer(start: source + row * rows.rowByteCount, count: rows.rowByteCount),
            of: rows.dtype, to: weights)
          guard Finiteness.firstFault(in: weights.baseAddress!, count: columns) == nil else { return row }
          let (own, ownScales) = (codes + row * columns, scales + row * rows.scalesPerRow)
          for part in 0..<rows.scalesPerRow {
            let values = weights.baseAddress! + part * block
            var peak: Float = 0
            for place in 0..<block { peak = max(peak, abs(values[place])) }
            let scale = peak / 127
            // Numbers so small that their scale has no inverse are zeros: in F16 the scale is.
            let inverse = (1 / scale).isFinite ? 1 / scale : 0
            for place in 0..<block {
              own[part * block + place] = Int8((values[place] * inverse).rounded(.toNearestOrAwayFromZero))
            }
            ownScales[part] = scale
          }
          let stored = UnsafeMutableBufferPointer(start: ownScales, count: rows.scalesPerRow)
          kernels.round(stored, as: rows.scaleDType)
          guard stored.allSatisfy(\.isFinite) else { return row }
          losses?[row] = loss(weights.baseAddress!, own, ownScales)
        }
        return nil
      }
    }

    /// The loss of one row in f64.
    private func loss(
      _ weights: UnsafePointer<Float>, _ codes: UnsafePointer<Int8>, _ scales: UnsafePointer<Float>
    ) -> LossSums {
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

    /// Half a step, and what the rounding of the stored scale costs the largest code.
    func errorBound(peak: Float) -> Float {
      let scale = peak / 127
      return scale / 2 + 127 * max(scale * 0x1p-11, 0x1p-25) + 4 * peak * .ulpOfOne
    }
  }
}

extension QuantizedLayer {
  /// Scale and codes of every block together, `U8 [out, in / 32 * 34]`, named as the weight.
  func ggmlBlocks() -> PlannedTensor {
    let (columns, perRow) = (codec.rows.columns, codec.rows.scalesPerRow)
    let descriptor = TensorDescriptor(name: name, dtype: .u8, shape: [rows, perRow * (GGMLQ8.block + 2)])
    return planned(descriptor) { rows, destination, source in
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * perRow) { scales in
        try withUnsafeTemporaryAllocation(of: Int8.self, capacity: rows.count * columns) { codes in
          try self.quantize(rows, codes: codes.baseAddress!, scales: scales.baseAddress!, floats: source)
          let codes = UnsafeRawBufferPointer(codes)
          withUnsafeTemporaryAllocation(byteCount: scales.count * 2, alignment: 2) { stored in
            self.codec.store(scales: scales.baseAddress!, count: scales.count, into: stored.baseAddress!)
            for block in 0..<scales.count {
              let start = block * (GGMLQ8.block + 2)
              destination.baseAddress!.advanced(by: start).copyMemory(
                from: stored.baseAddress!.advanced(by: block * 2), byteCount: 2)
              destination.baseAddress!.advanced(by: start + 2).copyMemory(
                from: codes.baseAddress!.advanced(by: block * GGMLQ8.block), byteCount: GGMLQ8.block)
            }
          }
        }
      }
    }
  }
}
