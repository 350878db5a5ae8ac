internal import Checkpoints
package import Mapping
package import Tensors

/// One linear layer, or the experts of a block in one tensor, on its way into symmetric codes: makes any run of rows of its codes and of
/// its scales from its float weight.
///
/// Codes and scales are two tensors of the output. With one scale a channel they come from one pass over the
/// weight: whoever makes codes leaves the scales behind, and the scale tensor is made from those. Scales of
/// groups are too many to keep; they are made from the weight again.
package final class QuantizedLayer: LayerQuantizer {
  /// The float weight as the output would hold it unquantized.
  package let blocks: WeightBlocks
  package let codec: any WeightCodec
  private let file: String
  private let losses: LossAccumulator
  private let scales: ScaleStore?

  package var name: String { weight.name }
  package var step: ConversionStep { .codes(bits: codec.bits, codec.rows.granularity, hasBias: false) }
  var weight: TensorDescriptor { blocks.weight.descriptor }

  /// - Parameters:
  ///   - weight: `[…, out, in]`, made by whole output channels or experts.
  ///   - codec: for its rows.
  ///   - file: names the source in errors.
  init(weight: PlannedTensor, codec: any WeightCodec, file: String, losses: LossAccumulator) {
    blocks = WeightBlocks(weight, resultByteCount: codec.rows.columns)
    self.file = file
    self.losses = losses
    self.codec = codec
    scales = codec.rows.granularity == .channel ? ScaleStore(rows: blocks.rows) : nil
  }

  package var scratchByteCount: Int {
    let floats = blocks.weight.sourceHash == .identical ? 0 : blocks.byteCount
    let rows = blocks.rows / blocks.count
    return blocks.perSlice * (floats + rows * (codec.rows.columns + codec.rows.scalesPerRow * 4))
  }

  /// Codes `[…, out, in]`, a byte each, named as the weight, and scales.
  func codesAndScales() -> [PlannedTensor] {
    let codes = blocks.planned(TensorDescriptor(name: name, dtype: .i8, shape: weight.shape)) {
      blocks, destination, floats in
      try self.quantize(blocks, codes: destination.assumingMemoryBound(to: Int8.self).baseAddress!, floats: floats)
    }
    return [codes, scaleTensor]
  }

  /// compressed-tensors' words of codes, I32 `[out, ceil(in bits / 32)]`, scales, and the weight's shape.
  func packedCodesAndScales() -> [PlannedTensor] {
    let packing = PackedCodes(bits: codec.bits)
    let words = packing.bytesPerRow(columns: blocks.columns) / 4
    let codes = blocks.planned(TensorDescriptor(name: name + "_packed", dtype: .i32, shape: outer(words))) {
      blocks, destination, floats in
      try self.withCodes(of: blocks, floats: floats) { codes, _ in
        packing.pack(
          codes.baseAddress!, rows: self.blocks.rows(of: blocks).count, columns: self.blocks.columns,
          into: destination.assumingMemoryBound(to: UInt8.self).baseAddress!)
      }
    }
    let shape = weight.shape.dimensions
    let bytes = shape.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) }
    return [
      codes, scaleTensor,
      PlannedTensor.bytes(bytes, descriptor: TensorDescriptor(name: name + "_shape", dtype: .i64, shape: [shape.count])),
    ]
  }

  /// The weight's shape with other numbers than the inputs in a row.
  func outer(_ width: Int) -> Shape { Shape(weight.shape.dimensions.dropLast() + [width]) }

  /// Scales `[…, out, 1]` or `[…, out, in / group]` in the stored dtype.
  private var scaleTensor: PlannedTensor {
    let perRow = codec.rows.scalesPerRow
    return PlannedTensor(
      descriptor: TensorDescriptor(name: ScaledCodes.scaleName(of: name), dtype: codec.rows.scaleDType, shape: outer(perRow)),
      rows: blocks.count,
      rowsPerSlice: scales == nil ? blocks.perSlice : blocks.count
    ) { blocks, destination in
      let rows = self.blocks.rows(of: blocks)
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * perRow) { values in
        if let scales = self.scales {
          while let missing = scales.firstUnknown(in: rows) {
            try self.withCodes(of: self.blocks.blocks(of: missing).prefix(self.blocks.perSlice)) { _, _ in }
          }
          scales.copy(rows, to: values.baseAddress!)
        } else {
          try self.withCodes(of: blocks) { _, scales in _ = values.update(fromContentsOf: scales) }
        }
        self.codec.store(scales: values.baseAddress!, count: values.count, into: destination.baseAddress!)
      }
    }
  }

  package func loss() throws -> LossSums {
    if let total = losses.total(name, rows: blocks.count) { return total }
    losses.reset(name)
    for slice in blocks.slices { try withCodes(of: slice) { _, _ in } }
    guard let total = losses.total(name, rows: blocks.count) else { preconditionFailure("\(name): rows are missing") }
    return total
  }

  /// Lends codes and scales of blocks and notes their loss.
  ///
  /// - Parameter floats: memory for the float rows, which stay there; `nil`: nobody wants them afterwards.
  func withCodes(
    of blocks: Range<Int>, floats: UnsafeMutableRawBufferPointer? = nil,
    _ body: (UnsafeBufferPointer<Int8>, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    let rows = self.blocks.rows(of: blocks).count
    try withUnsafeTemporaryAllocation(of: Int8.self, capacity: rows * self.blocks.columns) { codes in
      try quantize(blocks, codes: codes.baseAddress!, floats: floats) { try body(UnsafeBufferPointer(codes), $0) }
    }
  }

  /// Makes codes and scales of blocks and notes their loss.
  private func quantize(
    _ blocks: Range<Int>, codes: UnsafeMutablePointer<Int8>, floats: UnsafeMutableRawBufferPointer?,
    _ body: (UnsafeBufferPointer<Float>) throws -> Void = { _ in }
  ) throws {
    let rows = self.blocks.rows(of: blocks)
    try self.blocks.withFloats(of: blocks, in: floats) { source in
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * codec.rows.scalesPerRow) { values in
        switch codec.quantize(rows: rows.count, source: source, codes: codes, scales: values.baseAddress!) {
        case .done(let sums):
          scales?.fill(rows, from: values.baseAddress!)
          losses.note(name, rows: blocks, sums)
          try body(UnsafeBufferPointer(values))
        case .notFinite(let row):
          throw VLMError(
            .weightNotFinite, "output channel \(rows.lowerBound + row) holds a NaN or an infinity",
            file: file, tensor: name,
            remedy: "repair the checkpoint: what is computed with this is no number")
        }
      }
    }
  }
}

extension String {
  /// The module path of a weight's name.
  var droppingWeightSuffix: String { hasSuffix(".weight") ? String(dropLast(7)) : self }
}
