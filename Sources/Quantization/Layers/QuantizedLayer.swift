package import Checkpoints
package import Mapping
package import Tensors

/// One linear layer on its way into symmetric codes: makes any run of rows of its codes and of its scales from its float
/// weight.
///
/// Codes and scales are two tensors of the output. With one scale a channel they come from one pass over the
/// weight: whoever makes codes leaves the scales behind, and the scale tensor is made from those. Scales of
/// groups are too many to keep; they are made from the weight again.
package final class QuantizedLayer: LayerQuantizer {
  /// The float weight, `[out, in]`, as the output would hold it unquantized.
  package let weight: PlannedTensor
  package let codec: any WeightCodec
  private let file: String
  private let losses: LossAccumulator
  private let scales: ScaleStore?

  package var name: String { weight.descriptor.name }
  package var step: ConversionStep { .codes(bits: codec.bits, codec.rows.granularity, hasBias: false) }
  /// Output channels.
  package var rows: Int { weight.descriptor.shape[0] }
  /// What the weight's producer counts as rows, for each output channel (1, or bytes for a plain copy).
  private let producerRowsPerRow: Int
  /// Rows that, with their codes, stay in a core's cache.
  package let rowsPerSlice: Int

  /// - Parameters:
  ///   - weight: `[out, in]`, made by whole output channels.
  ///   - codec: for its rows.
  ///   - file: names the source in errors.
  init(weight: PlannedTensor, codec: any WeightCodec, file: String, losses: LossAccumulator) {
    let shape = weight.descriptor.shape
    precondition(
      shape.rank == 2 && weight.rows % shape[0] == 0 && weight.sourceRowByteCount == 0,
      "\(weight.descriptor.name) is no linear weight by rows")
    self.weight = weight
    self.file = file
    self.losses = losses
    producerRowsPerRow = weight.rows / shape[0]
    self.codec = codec
    scales = codec.rows.granularity == .channel ? ScaleStore(rows: shape[0]) : nil
    rowsPerSlice = min(
      shape[0], PlannedTensor.rowsPerSlice(ofByteCount: weight.descriptor.byteCount / shape[0] + shape[1]))
  }

  package var scratchByteCount: Int {
    let floats = weight.sourceHash == .identical ? 0 : weight.descriptor.byteCount / rows
    return rowsPerSlice * (floats + codec.rows.columns + codec.rows.scalesPerRow * 4)
  }

  /// Codes `[out, in]`, a byte each, named as the weight, and scales.
  func codesAndScales() -> [PlannedTensor] {
    let codes = planned(TensorDescriptor(name: name, dtype: .i8, shape: weight.descriptor.shape)) {
      rows, destination, source in
      try self.quantize(
        rows, codes: destination.assumingMemoryBound(to: Int8.self).baseAddress!, floats: source)
    }
    return [codes, scaleTensor]
  }

  /// compressed-tensors' words of codes, I32 `[out, ceil(in bits / 32)]`, scales, and the weight's shape.
  func packedCodesAndScales() -> [PlannedTensor] {
    let columns = codec.rows.columns
    let packing = PackedCodes(bits: codec.bits)
    let words = packing.bytesPerRow(columns: columns) / 4
    let codes = planned(TensorDescriptor(name: name + "_packed", dtype: .i32, shape: [rows, words])) {
      rows, destination, source in
      try withUnsafeTemporaryAllocation(of: Int8.self, capacity: rows.count * columns) { codes in
        try self.quantize(rows, codes: codes.baseAddress!, floats: source)
        packing.pack(
          codes.baseAddress!, rows: rows.count, columns: columns,
          into: destination.assumingMemoryBound(to: UInt8.self).baseAddress!)
      }
    }
    let shape = weight.descriptor.shape.dimensions
    let bytes = shape.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) }
    return [
      codes, scaleTensor,
      PlannedTensor.bytes(bytes, descriptor: TensorDescriptor(name: name + "_shape", dtype: .i64, shape: [shape.count])),
    ]
  }

  /// Scales `[out, 1]` or `[out, in / group]` in the stored dtype.
  private var scaleTensor: PlannedTensor {
    let perRow = codec.rows.scalesPerRow
    return PlannedTensor(
      descriptor: TensorDescriptor(name: ScaledCodes.scaleName(of: name), dtype: codec.rows.scaleDType, shape: [rows, perRow]),
      rows: rows,
      rowsPerSlice: scales == nil ? rowsPerSlice : rows
    ) { rows, destination in
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * perRow) { values in
        if let scales = self.scales {
          while let missing = scales.firstUnknown(in: rows) {
            try self.discardingCodes(missing.prefix(self.rowsPerSlice))
          }
          scales.copy(rows, to: values.baseAddress!)
        } else {
          try self.discardingCodes(rows, scales: values.baseAddress!)
        }
        self.codec.store(scales: values.baseAddress!, count: values.count, into: destination.baseAddress!)
      }
    }
  }

  /// A tensor made from rows of the weight. `produce` gets memory for the float rows where they are the bytes of a
  /// source tensor, which the writer then hashes.
  func planned(
    _ descriptor: TensorDescriptor,
    _ produce:
      @escaping @Sendable (Range<Int>, UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer?) throws
      -> Void
  ) -> PlannedTensor {
    guard weight.sourceHash == .identical else {
      return PlannedTensor(descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice) {
        rows, destination in
        try produce(rows, destination, nil)
      }
    }
    return PlannedTensor(
      descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice,
      sourceRowByteCount: producerRowsPerRow * weight.rowByteCount, produce: produce)
  }

  package func loss() throws -> LossSums {
    if let total = losses.total(name, rows: rows) { return total }
    losses.reset(name)
    for first in stride(from: 0, to: rows, by: rowsPerSlice) {
      try discardingCodes(first..<min(rows, first + rowsPerSlice))
    }
    guard let total = losses.total(name, rows: rows) else { preconditionFailure("\(name): rows are missing") }
    return total
  }

  private func discardingCodes(_ rows: Range<Int>, scales: UnsafeMutablePointer<Float>? = nil) throws {
    try withUnsafeTemporaryAllocation(of: Int8.self, capacity: rows.count * codec.rows.columns) { codes in
      try quantize(rows, codes: codes.baseAddress!, scales: scales)
    }
  }

  /// Makes codes and scales of `rows` and notes their loss.
  ///
  /// - Parameter floats: memory for the float rows, which stay there; `nil`: nobody wants them afterwards.
  func quantize(
    _ rows: Range<Int>, codes: UnsafeMutablePointer<Int8>, scales result: UnsafeMutablePointer<Float>? = nil,
    floats: UnsafeMutableRawBufferPointer? = nil
  ) throws {
    guard let floats else {
      let byteCount = rows.count * producerRowsPerRow * weight.rowByteCount
      return try withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) {
        try quantize(rows, codes: codes, scales: result, floats: $0)
      }
    }
    let produced = rows.lowerBound * producerRowsPerRow..<rows.upperBound * producerRowsPerRow
    try weight.produce(produced, floats, source: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    let scaleCount = rows.count * codec.rows.scalesPerRow
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: scaleCount) { values in
      switch codec.quantize(
        rows: rows.count, source: floats.baseAddress!, codes: codes, scales: values.baseAddress!)
      {
      case .done(let sums):
        result?.update(from: values.baseAddress!, count: scaleCount)
        scales?.fill(rows, from: values.baseAddress!)
        losses.note(name, rows: rows, sums)
      case .notFinite(let row):
        throw VLMError(
          .weightNotFinite, "output channel \(rows.lowerBound + row) holds a NaN or an infinity",
          file: file, tensor: name,
          remedy: "repair the checkpoint: what is computed with this is no number")
      }
    }
  }
}

extension String {
  /// The module path of a weight's name.
  var droppingWeightSuffix: String { hasSuffix(".weight") ? String(dropLast(7)) : self }
}
