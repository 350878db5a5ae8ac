internal import Checkpoints
internal import Tensors

extension PlannedTensor {
  /// A tensor that is in memory already.
  static func whole(_ tensor: FloatTensor, named name: String) -> PlannedTensor {
    PlannedTensor(
      descriptor: TensorDescriptor(name: name, dtype: .f32, shape: tensor.shape), rows: 1, rowsPerSlice: 1
    ) { _, destination in
      destination.copyMemory(from: UnsafeRawBufferPointer(start: tensor.base, count: tensor.shape.count * 4))
    }
  }
}
