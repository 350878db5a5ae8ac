package import Checkpoints
package import Mapping
package import Tensors

/// A linear layer, or the experts of a block in one tensor, on its way into MLX's codes.
///
/// Three tensors of the output come from its float weight `[…, out, in]`: words of codes, scales and biases. The last two are made from
/// the weight again, which costs a search for the ends of each group.
package final class AffineLayer: LayerQuantizer {
  private let weight: PlannedTensor
  private let scheme: Affine
  private let groupSize: Int
  private let file: String
  private let losses: LossAccumulator

  /// Inputs, and rows of the matrix; of all experts.
  private let columns, rows: Int
  /// Runs of rows that the weight is made by, the smallest that are whole for both, and their number.
  private let rowsPerBlock, blocks: Int
  private let blocksPerSlice: Int

  package var name: String { weight.descriptor.name }
  package var step: ConversionStep { .codes(bits: scheme.bits, .group(groupSize), hasBias: true) }

  init(weight: PlannedTensor, scheme: Affine, groupSize: Int, file: String, losses: LossAccumulator) {
    let shape = weight.descriptor.shape
    columns = shape.dimensions.last!
    rows = shape.count / columns
    precondition(
      shape.rank >= 2 && columns % groupSize == 0 && weight.sourceRowByteCount == 0,
      "\(weight.descriptor.name) is no linear weight by rows")
    var (blocks, rest) = (rows, weight.rows)
    while rest != 0 { (blocks, rest) = (rest, blocks % rest) }
    self.blocks = blocks
    rowsPerBlock = rows / blocks
    blocksPerSlice = min(blocks, PlannedTensor.rowsPerSlice(ofByteCount: weight.descriptor.byteCount / blocks))
    (self.weight, self.scheme, self.groupSize, self.file, self.losses) = (weight, scheme, groupSize, file, losses)
  }

  private var groups: Int { columns / groupSize }
  private var bytesPerBlock: Int { weight.descriptor.byteCount / blocks }

  package var scratchByteCount: Int { blocksPerSlice * (bytesPerBlock + rowsPerBlock * groups * 8) }

  /// Words U32 `[…, out, in bits / 32]` under the weight's name, `scales` and `biases` `[…, out, in / group]` in its dtype beside it.
  package var tensors: [PlannedTensor] {
    let descriptor = weight.descriptor
    let outer = Array(descriptor.shape.dimensions.dropLast())
    let module = descriptor.name.droppingWeightSuffix
    let words = TensorDescriptor(name: descriptor.name, dtype: .u32, shape: Shape(outer + [columns * scheme.bits / 32]))
    return [codes(words)]
      + ["scales", "biases"].enumerated().map { place, part in
        let descriptor = TensorDescriptor(name: "\(module).\(part)", dtype: descriptor.dtype, shape: Shape(outer + [groups]))
        return PlannedTensor(descriptor: descriptor, rows: blocks, rowsPerSlice: blocksPerSlice) { blocks, destination in
          try self.quantize(blocks, words: nil) { scales, biases in
            let values = UnsafeBufferPointer(place == 0 ? scales : biases)
            Kernels.active.convert(values, to: descriptor.dtype, in: destination)
          }
        }
      }
  }

  private func codes(_ descriptor: TensorDescriptor) -> PlannedTensor {
    // The writer hashes the float rows where they are the bytes of a source tensor.
    guard weight.sourceHash == .identical else {
      return PlannedTensor(descriptor: descriptor, rows: blocks, rowsPerSlice: blocksPerSlice) { blocks, destination in
        try self.quantize(blocks, words: destination)
      }
    }
    return PlannedTensor(
      descriptor: descriptor, rows: blocks, rowsPerSlice: blocksPerSlice, sourceRowByteCount: bytesPerBlock
    ) { blocks, destination, source in try self.quantize(blocks, words: destination, floats: source) }
  }

  package func loss() throws -> LossSums {
    if let total = losses.total(name, rows: blocks) { return total }
    losses.reset(name)
    let wordsPerBlock = rowsPerBlock * columns * scheme.bits / 32
    for first in stride(from: 0, to: blocks, by: blocksPerSlice) {
      let slice = first..<min(blocks, first + blocksPerSlice)
      try withUnsafeTemporaryAllocation(byteCount: slice.count * wordsPerBlock * 4, alignment: 64) { try quantize(slice, words: $0) }
    }
    guard let total = losses.total(name, rows: blocks) else { preconditionFailure("\(name): rows are missing") }
    return total
  }

  /// Makes codes of blocks and notes their loss, or scales and biases alone.
  ///
  /// - Parameter floats: memory for the float rows, which stay there; `nil`: nobody wants them afterwards.
  private func quantize(
    _ slice: Range<Int>, words: UnsafeMutableRawBufferPointer?, floats: UnsafeMutableRawBufferPointer? = nil,
    then use: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void = { _, _ in }
  ) throws {
    guard let floats else {
      return try withUnsafeTemporaryAllocation(byteCount: slice.count * bytesPerBlock, alignment: 64) {
        try quantize(slice, words: words, floats: $0, then: use)
      }
    }
    let producerRows = weight.rows / blocks
    let produced = slice.lowerBound * producerRows..<slice.upperBound * producerRows
    try weight.produce(produced, floats, source: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    let (count, scaleCount) = (slice.count * rowsPerBlock, slice.count * rowsPerBlock * groups)
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: scaleCount) { scales in
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: scaleCount) { biases in
        switch scheme.quantize(
          rows: count, columns: columns, groupSize: groupSize, of: weight.descriptor.dtype, source: floats.baseAddress!,
          words: words?.assumingMemoryBound(to: UInt32.self).baseAddress, scales: scales.baseAddress!, biases: biases.baseAddress!)
        {
        case .done(let sums):
          if words != nil { losses.note(name, rows: slice, sums) }
          use(scales, biases)
        case .notFinite(let row):
          throw VLMError(
            .weightNotFinite,
            "output channel \(slice.lowerBound * rowsPerBlock + row) holds a NaN, an infinity, or weights too far apart for a scale",
            file: file, tensor: name, remedy: "repair the checkpoint: what is computed with this is no number")
        }
      }
    }
  }
}
