internal import Checkpoints
package import Mapping
package import Tensors

/// ggml's Q8_0 and Q4_0: codes in blocks of 32 inputs with a scale of F16 each; activations stay in floating point.
package struct GGMLScheme: SymmetricScheme {
  /// Of a code: 8 or 4.
  package let bits: Int
  /// Inputs that share a scale.
  static let block = 32

  package init(bits: Int) {
    precondition([4, 8].contains(bits), "blocks of \(bits) bits")
    self.bits = bits
  }

  package var id: String { "q\(bits)_0" }
  package var summary: String { "int\(bits) weights in llama.cpp's blocks of 32, activations in floating point" }
  package let activations = ActivationPrecision.float
  package let defaultGranularity = Granularity.group(block)

  /// What ggml calls the blocks, and their bytes.
  var type: String { "Q\(bits)_0" }
  var blockByteCount: Int { 2 + Self.block * bits / 8 }

  package func validate(_ granularity: Granularity) throws(VLMError) {
    guard granularity == .group(Self.block) else {
      throw VLMError(
        .granularityRefused, "blocks of llama.cpp have \(Self.block) weights",
        remedy: "leave out --group-size")
    }
  }

  package func codec(for rows: WeightRows) -> any WeightCodec { Codec(rows: rows, bits: bits) }

  /// The arithmetic of gguf-py, in f32: of 8 bits `d = max|w| / 127`, `code = round(w (1 / d))`, halves away from zero; of 4 bits
  /// `d = w / -8` of the largest `w`, `code = trunc(w (1 / d) + 8.5) - 8` up to 7; against `d` as it is before it is rounded to F16.
  private struct Codec: WeightCodec {
    let rows: WeightRows
    let bits: Int

    func quantize(
      _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
      scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by _: Kernels
    ) -> Int? {
      Kernels.quantizeGGML(
        source, of: rows.dtype, rows: count, width: rows.columns, bits: bits, codes: codes, scales: scales, losses: losses)
    }

    /// Half a step, and what the rounding of the stored scale costs the largest code; of 4 bits a whole step, where the end nearer 0 is
    /// as far from it as the other and gets 7 of 8 steps.
    func errorBound(peak: Float) -> Float {
      let (steps, share): (Float, Float) = bits == 8 ? (127, 0.5) : (8, 1)
      let scale = peak / steps
      return scale * share + steps * max(scale * 0x1p-11, 0x1p-25) + 4 * peak * .ulpOfOne
    }
  }
}

extension QuantizedLayer {
  /// Scale and codes of every block together, `U8 […, out, in / 32 * bytes of a block]`, named as the weight.
  func ggmlBlocks(_ scheme: GGMLScheme) -> PlannedTensor {
    let size = scheme.blockByteCount
    let descriptor = TensorDescriptor(name: name, dtype: .u8, shape: outer(codec.rows.scalesPerRow * size))
    var tensor = blocks.planned(descriptor) { blocks, destination, floats in
      try self.withCodes(of: blocks, floats: floats) { codes, scales in
        withUnsafeTemporaryAllocation(byteCount: scales.count * 2, alignment: 2) { stored in
          self.codec.store(scales: scales.baseAddress!, count: scales.count, into: stored.baseAddress!)
          for block in 0..<scales.count {
            let target = UnsafeMutableRawBufferPointer(rebasing: destination[block * size..<(block + 1) * size])
            target.copyBytes(from: stored[block * 2..<(block + 1) * 2])
            let own = UnsafeBufferPointer(rebasing: codes[block * GGMLScheme.block..<(block + 1) * GGMLScheme.block])
            if scheme.bits == 8 {
              UnsafeMutableRawBufferPointer(rebasing: target[2...]).copyMemory(from: UnsafeRawBufferPointer(own))
            } else {
              // The first half of the codes in the low bits of the bytes, the other in the high ones.
              let half = GGMLScheme.block / 2
              for place in 0..<half { target[2 + place] = UInt8(own[place] + 8) | UInt8(own[half + place] + 8) << 4 }
            }
          }
        }
      }
    }
    tensor.blockType = scheme.type
    return tensor
  }
}
