package import Tensors

/// One tensor of an output checkpoint: what it will be, and how to make any run of its rows.
///
/// A writer knows every offset before the first byte is made, so it can fill shards from all threads at once with
/// memory bounded by `rowsPerSlice`, and hash on the way.
package struct PlannedTensor: Sendable {
  package let descriptor: TensorDescriptor

  /// Rows (steps along the first axis) made per call; a tensor without that structure is one row.
  package let rows: Int
  package let rowsPerSlice: Int

  /// Fills `destination` with the bytes of `rows`, a sub-range of `0..<self.rows`.
  package let produce: @Sendable (_ rows: Range<Int>, _ destination: UnsafeMutableRawBufferPointer) throws -> Void

  package init(
    descriptor: TensorDescriptor, rows: Int, rowsPerSlice: Int,
    produce: @escaping @Sendable (Range<Int>, UnsafeMutableRawBufferPointer) throws -> Void
  ) {
    precondition(rows > 0 && rowsPerSlice > 0 && descriptor.byteCount % rows == 0)
    self.descriptor = descriptor
    self.rows = rows
    self.rowsPerSlice = rowsPerSlice
    self.produce = produce
  }
}
