/// What a container says of one tensor, without its data.
public struct TensorDescriptor: Hashable, Sendable {
  /// As the container or the runtime spells it.
  public let name: String
  /// Type of its elements.
  public let dtype: DType
  /// Extents, outermost first.
  public let shape: Shape

  /// Bytes of the tensor's data.
  public let byteCount: Int

  /// Traps when `shape` and `dtype` do not make whole bytes; readers check that first.
  package init(name: String, dtype: DType, shape: Shape) {
    guard let byteCount = shape.byteCount(of: dtype) else {
      preconditionFailure("\(name): \(shape) of \(dtype)")
    }
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.byteCount = byteCount
  }
}
