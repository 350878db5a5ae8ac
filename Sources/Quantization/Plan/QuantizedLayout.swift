internal import Checkpoints
package import Mapping
internal import Tensors

/// How codes and scales of a layer called `X.weight` lie in the output, and by which scheme they are made.
package enum QuantizedLayout: Sendable {
  /// The runtime's: `X.weight` I8, `X.weight_scale` F32.
  case runtime(any SymmetricScheme)
  /// compressed-tensors': scales in the weight's own dtype; codes as they are or packed four to a word.
  case compressedTensors(any SymmetricScheme)
  /// llama.cpp's blocks, scale and codes together, under the weight's name.
  case gguf(GGMLScheme)
  /// MLX's: codes in words, scales and biases in the weight's own dtype.
  case mlx(Affine)

  package var scheme: any QuantizationScheme {
    switch self {
    case .runtime(let scheme), .compressedTensors(let scheme): scheme
    case .gguf(let scheme): scheme
    case .mlx(let scheme): scheme
    }
  }

  /// What a layer gets whose inputs the granularity does not divide; `nil`: it stays in floats.
  var fallback: Granularity? {
    switch self {
    case .runtime, .compressedTensors, .gguf: .channel
    case .mlx: nil
    }
  }

  /// Bytes of the tensors that replace `weight`.
  func byteCount(of weight: TensorDescriptor, granularity: Granularity) -> Int {
    switch self {
    case .runtime: return bytes()
    case .gguf(let scheme): return bytes { $0 * scheme.bits / 8 }
    case .compressedTensors(let scheme):
      switch scheme.compressedFormat {
      case .intQuantized: return bytes() + (scheme.activations == .staticPerLayer ? scaleDType(for: weight.dtype).bits / 8 : 0)
      case .packQuantized: return bytes(perRow: PackedCodes(bits: scheme.bits).bytesPerRow) + 16
      }
    case .mlx(let scheme): return scheme.byteCount(of: weight, granularity)
    }
    func bytes(perRow: (Int) -> Int = { $0 }) -> Int {
      let columns = weight.shape.dimensions.last!
      let scales = granularity.scalesPerRow(columns: columns) * scaleDType(for: weight.dtype).bits / 8
      return weight.shape.count / columns * (perRow(columns) + scales)
    }
  }

  /// What replaces a layer's weight.
  func outcome(
    of candidate: PlanCandidate, _ granularity: Granularity, noting losses: LossAccumulator
  ) -> QuantizationPlan.Outcome {
    func codes(_ scheme: any SymmetricScheme, _ tensors: (QuantizedLayer) -> [PlannedTensor]) -> QuantizationPlan.Outcome {
      let weight = candidate.tensor.descriptor
      let rows = WeightRows(
        columns: weight.shape.dimensions.last!, dtype: weight.dtype, granularity: granularity, scaleDType: scaleDType(for: weight.dtype))
      let layer = QuantizedLayer(weight: candidate.tensor, codec: scheme.codec(for: rows), file: candidate.file, losses: losses)
      return .init(tensors: tensors(layer), layer: layer)
    }
    switch self {
    case .runtime(let scheme): return codes(scheme) { $0.codesAndScales() }
    case .compressedTensors(let scheme):
      switch scheme.compressedFormat {
      case .intQuantized:
        let inputs = scheme.activations == .staticPerLayer ? [inputScale(of: candidate)] : []
        return codes(scheme) { $0.codesAndScales() + inputs }
      case .packQuantized: return codes(scheme) { $0.packedCodesAndScales() }
      }
    case .gguf(let scheme): return codes(scheme) { [$0.ggmlBlocks(scheme)] }
    case .mlx(let scheme):
      let layer = AffineLayer(
        weight: candidate.tensor, scheme: scheme, groupSize: scheme.groupSize(granularity), file: candidate.file, losses: losses)
      return .init(tensors: layer.tensors, layer: layer)
    }
  }

  /// compressed-tensors' `input_scale`, `[1]`: half of the steps from 0 to the largest value that came, in the weight's own dtype.
  private func inputScale(of candidate: PlanCandidate) -> PlannedTensor {
    let weight = candidate.tensor.descriptor
    guard let peak = candidate.inputPeak else { preconditionFailure("\(weight.name) was quantized without a look at its inputs") }
    let dtype = scaleDType(for: weight.dtype)
    var bytes = [UInt8](repeating: 0, count: dtype.bits / 8)
    // A layer that is always given zeros: any scale does.
    let scale = peak > 0 ? peak / 127.5 : 1
    bytes.withUnsafeMutableBytes { bytes in
      withUnsafePointer(to: scale) { Kernels.active.convert(UnsafeBufferPointer(start: $0, count: 1), to: dtype, in: bytes) }
    }
    return .bytes(
      bytes, descriptor: TensorDescriptor(name: weight.name.droppingWeightSuffix + ".input_scale", dtype: dtype, shape: [1]))
  }

  private func scaleDType(for weight: DType) -> DType {
    switch self {
    case .runtime: .f32
    case .compressedTensors, .mlx: weight
    case .gguf: .f16
    }
  }
}
