package import Checkpoints
internal import Tensors

/// One tensor of an unquantized output, and what it is made of.
package struct ConversionEntry: Sendable {
  /// Name in the output.
  package let name: String
  /// Runtime parameters that it is, or that it is made of; none for a tensor carried along.
  package let parameters: [String]
  package let component: ModelComponent
  /// What its parameters are; `nil` for a tensor carried along.
  package let role: ParameterRole?
  /// Tensors of the checkpoint that is read.
  package let sources: [String]
  /// The file that holds the first of them, for messages.
  package let file: String
  /// From sources to result; who replaces `tensors` adds to them.
  package var steps: [ConversionStep]
  /// What is written: one tensor made by its rows, unless replaced (by int8 codes and their scales).
  package var tensors: [PlannedTensor]

  /// Whether it is the linear layer over the vocabulary.
  package var isHead: Bool { parameters == ["language.head.weight"] }
}

extension PlannedTensor {
  /// The tensor that a layout describes, of bytes that `reader` gives.
  static func gathered(
    _ layout: TensorLayout, as descriptor: TensorDescriptor, from reader: any CheckpointReader,
    sources: [String: TensorDescriptor]
  ) -> PlannedTensor {
    let dtype = descriptor.dtype
    if let range = layout.contiguous {
      let start = range.elements.lowerBound * dtype.bits / 8
      let isWhole = sources[range.source]?.byteCount == descriptor.byteCount
      let (rows, width) = rows(of: descriptor)
      return PlannedTensor(
        descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice(ofByteCount: width),
        sourceIsIdentical: isWhole
      ) { rows, destination in
        try reader.readBytes(
          of: range.source, (start + rows.lowerBound * width)..<(start + rows.upperBound * width),
          into: destination)
      }
    }
    let (rows, width) = rows(of: descriptor)
    let elements = width * 8 / dtype.bits
    return PlannedTensor(
      descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice(ofByteCount: width)
    ) { rows, destination in
      try layout.copyElements(
        (rows.lowerBound * elements)..<(rows.upperBound * elements), of: dtype, from: reader,
        into: destination)
    }
  }

  /// Steps along the first axis and the bytes of each; a tensor whose steps are large or not whole bytes goes
  /// by less.
  private static func rows(of descriptor: TensorDescriptor) -> (count: Int, byteCount: Int) {
    guard descriptor.byteCount > 0 else { return (1, 0) }
    let first = descriptor.shape.rank == 0 ? 1 : descriptor.shape[0]
    if descriptor.byteCount % first == 0, descriptor.byteCount / first <= 4 * sliceByteCount {
      return (first, descriptor.byteCount / first)
    }
    let element = max(1, descriptor.dtype.bits / 8)
    return (descriptor.byteCount / element, element)
  }
}
