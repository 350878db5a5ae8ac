package import Checkpoints
internal import Tensors

/// A float weight `[…, out, in]` as a matrix, made by blocks: the smallest runs of output channels that it can be made by.
///
/// A linear layer's are its output channels; where a tensor holds all experts of a block and is made expert by expert, each is one.
package struct WeightBlocks: Sendable {
  package let weight: PlannedTensor
  /// Inputs, and output channels, of all experts.
  package let columns, rows: Int
  package let count: Int
  /// Blocks that, with what is made of them, stay in a core's cache.
  let perSlice: Int

  /// - Parameter resultByteCount: what is made of a row.
  init(_ weight: PlannedTensor, resultByteCount: Int) {
    let shape = weight.descriptor.shape
    precondition(
      shape.rank >= 2 && weight.sourceRowByteCount == 0, "\(weight.descriptor.name) is no linear weight by rows")
    self.weight = weight
    columns = shape.dimensions.last!
    rows = shape.count / columns
    var (count, rest) = (rows, weight.rows)
    while rest != 0 { (count, rest) = (rest, count % rest) }
    self.count = count
    let perBlock = weight.descriptor.byteCount / count + rows / count * resultByteCount
    perSlice = min(count, PlannedTensor.rowsPerSlice(ofByteCount: perBlock))
  }

  /// Bytes of the float rows of a block.
  var byteCount: Int { weight.descriptor.byteCount / count }

  /// The output channels of blocks.
  func rows(of blocks: Range<Int>) -> Range<Int> {
    blocks.lowerBound * (rows / count)..<blocks.upperBound * (rows / count)
  }

  /// The blocks that hold these output channels.
  func blocks(of rows: Range<Int>) -> Range<Int> {
    let rowsPerBlock = self.rows / count
    return rows.lowerBound / rowsPerBlock..<(rows.upperBound + rowsPerBlock - 1) / rowsPerBlock
  }

  /// All blocks, slice by slice.
  var slices: [Range<Int>] {
    stride(from: 0, to: count, by: perSlice).map { $0..<min($0 + perSlice, count) }
  }

  /// Lends the float rows of blocks.
  ///
  /// - Parameter floats: memory for them, where they stay; `nil`: nobody wants them afterwards.
  func withFloats<R>(
    of blocks: Range<Int>, in floats: UnsafeMutableRawBufferPointer?, _ body: (UnsafeRawPointer) throws -> R
  ) throws -> R {
    guard let floats else {
      return try withUnsafeTemporaryAllocation(byteCount: blocks.count * byteCount, alignment: 64) {
        try withFloats(of: blocks, in: $0, body)
      }
    }
    let rowsPerBlock = weight.rows / count
    try weight.produce(
      blocks.lowerBound * rowsPerBlock..<blocks.upperBound * rowsPerBlock, floats,
      source: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    return try body(UnsafeRawPointer(floats.baseAddress!))
  }

  /// A tensor made from blocks. `produce` gets memory for the float rows where they are the bytes of a source tensor, which the writer
  /// then hashes.
  func planned(
    _ descriptor: TensorDescriptor,
    _ produce:
      @escaping @Sendable (Range<Int>, UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer?) throws -> Void
  ) -> PlannedTensor {
    guard weight.sourceHash == .identical else {
      return PlannedTensor(descriptor: descriptor, rows: count, rowsPerSlice: perSlice) { blocks, destination in
        try produce(blocks, destination, nil)
      }
    }
    return PlannedTensor(
      descriptor: descriptor, rows: count, rowsPerSlice: perSlice, sourceRowByteCount: byteCount, produce: produce)
  }
}
