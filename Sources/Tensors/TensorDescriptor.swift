/// What a container says of one tensor, without its data.
public struct TensorDescriptor: Hashable, Sendable {
  public let name: String
  public let dtype: DType
  public let shape: Shape

  /// Bytes of the tensor's data.
  public let byteCount: Int

  /// Traps when `shape` and `dtype` do not make whole bytes; readers check that first.
  public init(name: String, dtype: DType, shape: Shape) {
    guard let byteCount = shape.byteCount(of: dtype) else {
      preconditionFailure("\(name): \(shape) of \(dtype)")
    }
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.byteCount = byteCount
  }
}
