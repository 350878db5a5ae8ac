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

  package func scaleDType(for weight: DType) -> DType {
    switch self {
    case .runtime: .f32
    case .compressedTensors: weight
    case .gguf: .f16
    }
  }

  /// Bytes of the tensors that replace `weight`.
  func byteCount(of weight: TensorDescriptor, granularity: Granularity) -> Int {
    let rows = weight.shape[0]
    let columns = weight.shape[1]
    let scales = rows * granularity.scalesPerRow(columns: columns) * scaleDType(for: weight.dtype).bits / 8
    switch self {
    case .runtime, .compressedTensors(.intQuantized), .gguf: return rows * columns + scales
    case .compressedTensors(.packQuantized):
      return rows * PackedInt8.bytesPerRow(columns: columns) + scales + 16
    }
  }

  /// The tensors that replace a layer's weight.
  func tensors(of layer: QuantizedLayer) -> [PlannedTensor] {
    let scale = layer.scaleTensor(name: ScaledCodes.scaleName(of: layer.name))
    switch self {
    case .runtime, .compressedTensors(.intQuantized):
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
