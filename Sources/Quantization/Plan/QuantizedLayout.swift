internal import Checkpoints
package import Mapping
package import Tensors

/// How codes and scales of a layer called `X.weight` lie in the output.
package enum QuantizedLayout: Sendable {
  /// The runtime's: `X.weight` I8, `X.weight_scale` F32.
  case runtime
  /// compressed-tensors': scales in the weight's own dtype; codes as they are or packed four to a word.
  case compressedTensors(CompressedTensorsFormat)
  /// llama.cpp's blocks, scale and codes together, under the weight's name.
  case gguf
  /// MLX's: codes in words, scales and biases in the weight's own dtype.
  case mlx(Affine)

  package func scaleDType(for weight: DType) -> DType {
    switch self {
    case .runtime: .f32
    case .compressedTensors, .mlx: weight
    case .gguf: .f16
    }
  }

  /// Bytes of the tensors that replace `weight`.
  func byteCount(of weight: TensorDescriptor, granularity: Granularity) -> Int {
    if case .mlx(let scheme) = self { return scheme.byteCount(of: weight, groupSize: granularity.groupSize!) }
    let rows = weight.shape[0]
    let columns = weight.shape[1]
    let scales = rows * granularity.scalesPerRow(columns: columns) * scaleDType(for: weight.dtype).bits / 8
    switch self {
    case .runtime, .compressedTensors(.intQuantized), .gguf, .mlx: return rows * columns + scales
    case .compressedTensors(.packQuantized):
      return rows * PackedInt8.bytesPerRow(columns: columns) + scales + 16
    }
  }

  /// What a layer gets whose inputs the granularity does not divide; `nil`: it stays in floats.
  var fallback: Granularity? {
    switch self {
    case .runtime, .compressedTensors, .gguf: .channel
    case .mlx: nil
    }
  }

  /// What replaces a layer's weight.
  func outcome(
    of candidate: PlanCandidate, _ scheme: any QuantizationScheme, _ granularity: Granularity, noting losses: LossAccumulator
  ) -> QuantizationPlan.Outcome {
    if case .mlx(let scheme) = self {
      let layer = AffineLayer(
        weight: candidate.tensor, scheme: scheme, groupSize: granularity.groupSize!, file: candidate.file, losses: losses)
      return .init(tensors: layer.tensors, layer: layer)
    }
    guard let scheme = scheme as? any Int8Scheme else { preconditionFailure("\(scheme.id) does not lie so") }
    let weight = candidate.tensor.descriptor
    let rows = WeightRows(
      columns: weight.shape[1], dtype: weight.dtype, granularity: granularity, scaleDType: scaleDType(for: weight.dtype))
    let layer = QuantizedLayer(weight: candidate.tensor, codec: scheme.codec(for: rows), file: candidate.file, losses: losses)
    return .init(tensors: tensors(of: layer), layer: layer)
  }

  private func tensors(of layer: QuantizedLayer) -> [PlannedTensor] {
    let scale = layer.scaleTensor(name: ScaledCodes.scaleName(of: layer.name))
    switch self {
    case .runtime, .compressedTensors(.intQuantized), .mlx:
      return [layer.codes(), scale]
    case .gguf: return [layer.ggmlBlocks()]
    case .compressedTensors(.packQuantized):
      let shape = layer.weight.descriptor.shape.dimensions
      let shapeTensor = PlannedTensor.bytes(
        shape.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) },
        descriptor: TensorDescriptor(name: layer.name + "_shape", dtype: .i64, shape: [shape.count]))
      return [layer.packedCodes(name: layer.name + "_packed"), scale, shapeTensor]
    }
  }
}
