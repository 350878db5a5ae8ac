internal import Files
package import Tensors

/// One tensor of an output checkpoint: what it will be, and how to make any run of its rows.
///
/// A writer knows every offset before the first byte is made, so it can fill shards from all threads at once with
/// memory bounded by `rowsPerSlice`, and hash on the way.
///
/// What a producer can rely on: the writer makes each tensor once, on one thread, its rows in order and without
/// overlap (`0..<a`, `a..<b`, … , up to `rows`). Other tensors are made on other threads meanwhile, so producers
/// must not spread their own work over threads.
package struct PlannedTensor: Sendable {
  /// What the writer is to record as the hash of the bytes this tensor was made from.
  package enum SourceHash: Sendable, Equatable {
    /// Nothing.
    case none
    /// The result's own hash: its bytes are the bytes of one whole source tensor, in order.
    case identical
    /// The hash of what the producer leaves in its second buffer: the source bytes of the rows, this many for each.
    ///
    /// For a tensor made from the rows of one source tensor in order. Where a source is read in another order
    /// (transposed) or shared by several results (fused q, k, v), pass it to the writer as a `SourceTensor`
    /// instead: it is hashed once, beside the other work.
    case made(fromBytesPerRow: Int)
  }

  package typealias Producer =
    @Sendable (Range<Int>, UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> Void

  package let descriptor: TensorDescriptor
  /// What a container calls its bytes, where they are blocks of codes and not elements of the descriptor's dtype: `Q8_0`.
  package var blockType: String?

  /// Rows (steps along the first axis) made per call; a tensor without that structure is one row.
  package let rows: Int
  package let rowsPerSlice: Int
  package let sourceHash: SourceHash
  private let body: Producer

  /// - Parameters:
  ///   - sourceIsIdentical: whether the result's hash is to be recorded as the source's too.
  ///   - produce: fills its buffer with the bytes of the rows, a sub-range of `0..<rows`.
  package init(
    descriptor: TensorDescriptor, rows: Int, rowsPerSlice: Int, sourceIsIdentical: Bool = false,
    produce: @escaping @Sendable (Range<Int>, UnsafeMutableRawBufferPointer) throws -> Void
  ) {
    self.init(
      descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice,
      sourceHash: sourceIsIdentical ? .identical : .none
    ) { rows, destination, _ in try produce(rows, destination) }
  }

  /// - Parameters:
  ///   - sourceRowByteCount: bytes of the source for each row.
  ///   - produce: as above, and fills a second buffer with the source bytes of these rows.
  package init(
    descriptor: TensorDescriptor, rows: Int, rowsPerSlice: Int, sourceRowByteCount: Int,
    produce: @escaping Producer
  ) {
    self.init(
      descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice,
      sourceHash: .made(fromBytesPerRow: sourceRowByteCount), body: produce)
  }

  private init(
    descriptor: TensorDescriptor, rows: Int, rowsPerSlice: Int, sourceHash: SourceHash,
    body: @escaping Producer
  ) {
    precondition(rows > 0 && rowsPerSlice > 0 && descriptor.byteCount % rows == 0)
    self.descriptor = descriptor
    self.rows = rows
    self.rowsPerSlice = rowsPerSlice
    self.sourceHash = sourceHash
    self.body = body
  }

  package var rowByteCount: Int { descriptor.byteCount / rows }

  /// Bytes that the second buffer needs for each row.
  package var sourceRowByteCount: Int {
    if case .made(let count) = sourceHash { count } else { 0 }
  }

  /// Fills `destination` with the bytes of `rows` and `source` with `sourceRowByteCount` bytes for each.
  package func produce(
    _ rows: Range<Int>, _ destination: UnsafeMutableRawBufferPointer, source: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      destination.count == rows.count * rowByteCount && source.count == rows.count * sourceRowByteCount)
    try body(rows, destination, source)
  }
}

extension PlannedTensor {
  /// The same tensor, which `failure` refuses when it holds a NaN or an infinity: told the place in the tensor and the value.
  ///
  /// Of `F32`, `BF16` and `F16`; others stay as they are.
  package func refusingNotFinite(
    _ failure: @escaping @Sendable (_ place: Int, _ value: Float) -> VLMError
  ) -> PlannedTensor {
    let (dtype, rowByteCount) = (descriptor.dtype, rowByteCount)
    guard Kernels.quantizes(dtype) else { return self }
    let width = dtype.bits / 8
    return PlannedTensor(
      descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice, sourceHash: sourceHash
    ) { [body] rows, destination, source in
      try body(rows, destination, source)
      let chunk = 1 << 12
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk) { values in
        for start in stride(from: 0, to: destination.count, by: chunk * width) {
          let bytes = UnsafeRawBufferPointer(rebasing: destination[start..<min(start + chunk * width, destination.count)])
          Kernels.active.convert(
            bytes, of: dtype, to: UnsafeMutableBufferPointer(rebasing: values[..<(bytes.count / width)]))
          if let fault = Finiteness.firstFault(in: values.baseAddress!, count: bytes.count / width) {
            throw failure((rows.lowerBound * rowByteCount + start) / width + fault, values[fault])
          }
        }
      }
    }
  }

  /// Bytes of a slice that stays in a core's own cache while it is made, hashed and written.
  package static let sliceByteCount = 1 << 20

  /// Rows of `byteCount` bytes that make a slice of the usual size.
  package static func rowsPerSlice(ofByteCount byteCount: Int) -> Int {
    max(1, sliceByteCount / max(byteCount, 1))
  }

  /// The tensor `source` of `reader` as it is, under another name if `name` is given.
  package static func copy(
    of source: TensorDescriptor, from reader: any CheckpointReader, as name: String? = nil
  ) -> PlannedTensor {
    let descriptor = TensorDescriptor(name: name ?? source.name, dtype: source.dtype, shape: source.shape)
    return PlannedTensor(
      descriptor: descriptor, rows: max(descriptor.byteCount, 1), rowsPerSlice: sliceByteCount,
      sourceIsIdentical: true
    ) { range, destination in try reader.readBytes(of: source.name, range, into: destination) }
  }

  /// A tensor whose bytes are at hand; for small ones.
  package static func bytes(_ bytes: [UInt8], descriptor: TensorDescriptor) -> PlannedTensor {
    precondition(bytes.count == descriptor.byteCount, "\(descriptor.name): \(bytes.count) bytes given")
    return PlannedTensor(
      descriptor: descriptor, rows: max(bytes.count, 1), rowsPerSlice: sliceByteCount
    ) { range, destination in destination.copyBytes(from: bytes[range]) }
  }
}

/// A source tensor whose bytes a writer is to hash beside its other work, for the manifest.
package struct SourceTensor: Sendable {
  package let name: String
  package let byteCount: Int
  package let reader: any CheckpointReader

  package init(_ source: TensorDescriptor, in reader: any CheckpointReader) {
    name = source.name
    byteCount = source.byteCount
    self.reader = reader
  }
}
