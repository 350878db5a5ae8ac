/// A dense f32 tensor, row-major, 64-byte aligned, owned by reference.
///
/// Filled by whoever makes it while it is made, read-only from then on.
public final class FloatTensor {
  /// Extents, outermost first.
  public let shape: Shape
  package let base: UnsafePointer<Float>
  private let memory: AlignedBytes

  /// Allocates `shape.count` zeros and lets `fill` write them.
  package init(_ shape: Shape, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void = { _ in }) rethrows {
    self.shape = shape
    memory = AlignedBytes(shape.count * MemoryLayout<Float>.stride)
    let values = memory.base.bindMemory(to: Float.self, capacity: max(shape.count, 1))
    values.update(repeating: 0, count: max(shape.count, 1))
    base = UnsafePointer(values)
    try fill(UnsafeMutableBufferPointer(start: values, count: shape.count))
  }

  package convenience init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.count, "\(values.count) values for \(shape)")
    self.init(shape) { destination in _ = destination.update(from: values) }
  }

  /// A copy of all elements, row-major.
  public var values: [Float] { Array(UnsafeBufferPointer(start: base, count: shape.count)) }

  /// Steps along the first axis; 1 for a scalar.
  public var rowCount: Int { shape.rank == 0 ? 1 : shape[0] }
  /// Elements of one step along the first axis.
  public var rowWidth: Int { shape.rank == 0 ? 1 : shape.dimensions.dropFirst().reduce(1, *) }
}

// Written only inside `init`, which alone holds a pointer that can write.
extension FloatTensor: @unchecked Sendable {}
