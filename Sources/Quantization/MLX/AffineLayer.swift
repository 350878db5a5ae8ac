package import Checkpoints
package import Mapping
package import Tensors

/// A linear layer, or the experts of a block in one tensor, on its way into MLX's codes.
///
/// Three tensors of the output come from its float weight `[…, out, in]`: words of codes, scales and biases. The last two are made from
/// the weight again, which costs a search for the ends of each group.
package final class AffineLayer: LayerQuantizer {
  private let blocks: WeightBlocks
  private let scheme: Affine
  private let groupSize: Int
  private let file: String
  private let losses: LossAccumulator

  package var name: String { blocks.weight.descriptor.name }
  package var step: ConversionStep { .codes(bits: scheme.bits, .group(groupSize), hasBias: true) }

  init(weight: PlannedTensor, scheme: Affine, groupSize: Int, file: String, losses: LossAccumulator) {
    blocks = WeightBlocks(weight, resultByteCount: 0)
    precondition(blocks.columns % groupSize == 0, "\(groupSize) does not divide \(blocks.columns)")
    (self.scheme, self.groupSize, self.file, self.losses) = (scheme, groupSize, file, losses)
  }

  private var groups: Int { blocks.columns / groupSize }

  package var scratchByteCount: Int {
    blocks.perSlice * (blocks.byteCount + blocks.rows / blocks.count * groups * 8)
  }

  /// Words U32 `[…, out, in bits / 32]` under the weight's name, `scales` and `biases` `[…, out, in / group]` in its dtype beside it.
  package var tensors: [PlannedTensor] {
    let weight = blocks.weight.descriptor
    let outer = Array(weight.shape.dimensions.dropLast())
    let words = TensorDescriptor(name: weight.name, dtype: .u32, shape: Shape(outer + [blocks.columns * scheme.bits / 32]))
    return [blocks.planned(words) { try self.quantize($0, words: $1, floats: $2) }]
      + ["scales", "biases"].enumerated().map { place, part in
        let descriptor = TensorDescriptor(
          name: "\(weight.name.droppingWeightSuffix).\(part)", dtype: weight.dtype, shape: Shape(outer + [groups]))
        return PlannedTensor(descriptor: descriptor, rows: blocks.count, rowsPerSlice: blocks.perSlice) { blocks, destination in
          try self.quantize(blocks, words: nil) { scales, biases in
            let values = UnsafeBufferPointer(place == 0 ? scales : biases)
            Kernels.active.convert(values, to: descriptor.dtype, in: destination)
          }
        }
      }
  }

  package func loss() throws -> LossSums {
    if let total = losses.total(name, rows: blocks.count) { return total }
    losses.reset(name)
    let wordsPerRow = blocks.columns * scheme.bits / 32
    for slice in blocks.slices {
      try withUnsafeTemporaryAllocation(byteCount: blocks.rows(of: slice).count * wordsPerRow * 4, alignment: 64) {
        try quantize(slice, words: $0)
      }
    }
    guard let total = losses.total(name, rows: blocks.count) else { preconditionFailure("\(name): rows are missing") }
    return total
  }

  /// Makes codes of blocks and notes their loss, or scales and biases alone.
  ///
  /// - Parameter floats: memory for the float rows, which stay there; `nil`: nobody wants them afterwards.
  private func quantize(
    _ slice: Range<Int>, words: UnsafeMutableRawBufferPointer?, floats: UnsafeMutableRawBufferPointer? = nil,
    then use: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void = { _, _ in }
  ) throws {
    let rows = blocks.rows(of: slice)
    try blocks.withFloats(of: slice, in: floats) { source in
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * groups) { scales in
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * groups) { biases in
          switch scheme.quantize(
            rows: rows.count, columns: blocks.columns, groupSize: groupSize, of: blocks.weight.descriptor.dtype, source: source,
            words: words?.assumingMemoryBound(to: UInt32.self).baseAddress, scales: scales.baseAddress!, biases: biases.baseAddress!)
          {
          case .done(let sums):
            if words != nil { losses.note(name, rows: slice, sums) }
            use(scales, biases)
          case .notFinite(let row):
            throw VLMError(
              .weightNotFinite,
              "output channel \(rows.lowerBound + row) holds a NaN, an infinity, or weights too far apart for a scale",
              file: file, tensor: name, remedy: "repair the checkpoint: what is computed with this is no number")
          }
        }
      }
    }
  }
}
