package import Files
internal import Foundation
package import Tensors

/// Writes a plan as llama.cpp reads it: the text model in `model.gguf`, the image encoder and the projector in `mmproj.gguf`.
///
/// Names of the plan are llama.cpp's: those that begin with `v.` or `mm.` go into the second file. Both are of version 3; tensors
/// stand in the plan's order at multiples of 32.
package struct GGUFWriter: CheckpointWriter {
  /// What stands in a file's metadata: in order of writing.
  package typealias Metadata = [(key: String, value: GGUFValue)]

  package let model: Metadata
  package let projector: Metadata
  package let threads: Int

  package init(model: Metadata, projector: Metadata, threads: Int) {
    (self.model, self.projector, self.threads) = (model, projector, threads)
  }

  private static let alignment = 32
  private static let files = (model: "model.gguf", projector: "mmproj.gguf")

  /// Whether a tensor is the image encoder's or the projector's.
  package static func isOfProjector(_ name: String) -> Bool { name.hasPrefix("v.") || name.hasPrefix("mm.") }

  /// How llama.cpp wants a tensor of this name and shape when it is in floats: vectors, norms, tables of positions, routers and kernels
  /// over pixels in F32, as its converter writes them.
  ///
  /// - Parameter dtype: what it is in.
  package static func dtype(of name: String, _ shape: Shape, in dtype: DType) -> DType {
    if shape.rank <= 1 || name.hasSuffix("_norm.weight") || name.contains("position_embd") || name.hasSuffix("ffn_gate_inp.weight") {
      return .f32
    }
    // The converter leaves these in F16 where all else is.
    if name.hasPrefix("v.patch_embd.weight") { return dtype == .f16 ? .f16 : .f32 }
    return name.hasSuffix(".weight") ? dtype : .f32
  }

  package func layout(of plan: [PlannedTensor]) throws(VLMError) -> FileLayout {
    var names: Set<String> = []
    for tensor in plan {
      guard names.insert(tensor.descriptor.name).inserted else {
        throw VLMError(
          .planDuplicateName, "this tensor would be written twice", tensor: tensor.descriptor.name)
      }
      guard tensor.descriptor.shape.rank <= GGUFHeader.mostExtents else {
        throw VLMError(
          .ggufRank, "its shape \(tensor.descriptor.shape) has more than \(GGUFHeader.mostExtents) extents",
          tensor: tensor.descriptor.name)
      }
    }
    let groups = Dictionary(grouping: plan.indices) { Self.isOfProjector(plan[$0].descriptor.name) }
    var files: [FileLayout.File] = []
    for (isProjector, name, metadata) in [
      (false, Self.files.model, model), (true, Self.files.projector, projector),
    ] {
      guard let group = groups[isProjector] else { continue }
      files.append(try Self.file(group, of: plan, metadata, name: name))
    }
    return FileLayout(files: files, index: nil)
  }

  private static func file(
    _ group: [Int], of plan: [PlannedTensor], _ metadata: Metadata, name: String
  ) throws(VLMError) -> FileLayout.File {
    var header = Array("GGUF".utf8)
    header.append(UInt32(3))
    header.append(UInt64(group.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata {
      header.append(text: key)
      value.write(to: &header)
    }
    var begin = 0
    var begins: [Int] = []
    for index in group {
      let tensor = plan[index].descriptor
      guard let type = plan[index].ggmlType else {
        throw VLMError(
          .ggufTensorType, "ggml has no type for \(tensor.dtype.rawValue)", file: name, tensor: tensor.name)
      }
      header.append(text: tensor.name)
      var extents = tensor.shape.dimensions
      if type.blockCount > 1, let last = extents.last {
        extents[extents.count - 1] = last / type.blockByteCount * type.blockCount
      }
      header.append(UInt32(extents.count))
      for extent in extents.reversed() { header.append(UInt64(extent)) }
      header.append(type.number)
      header.append(UInt64(begin))
      begins.append(begin)
      begin = aligned(begin + tensor.byteCount)
    }
    header += [UInt8](repeating: 0, count: aligned(header.count) - header.count)
    return FileLayout.File(
      name: name, header: header,
      offsets: zip(group, begins).map { .init(index: $0, offset: header.count + $1) },
      byteCount: header.count + begin)
  }

  private static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }

  package func prepare(_ plan: [PlannedTensor], in directory: AtomicDirectory) throws(VLMError) -> FileLayout
  {
    let layout = try layout(of: plan)
    try layout.prepareFiles(in: directory)
    return layout
  }
}

extension PlannedTensor {
  /// `F32`, `BF16`, `Q8_0`.
  package var ggmlTypeName: String { ggmlType?.name ?? descriptor.dtype.rawValue }

  /// What ggml calls it.
  fileprivate var ggmlType: GGMLType? {
    GGMLType.all.first { type in blockType.map { type.name == $0 } ?? (type.dtype == descriptor.dtype) }
  }

  /// The same tensor in F32, which holds every number of it.
  package func widened() -> PlannedTensor {
    let (from, source) = (descriptor.dtype, self)
    guard from != .f32 else { return self }
    let wide = TensorDescriptor(name: descriptor.name, dtype: .f32, shape: descriptor.shape)
    @Sendable func make(
      _ rows: Range<Int>, _ destination: UnsafeMutableRawBufferPointer, _ bytes: UnsafeMutableRawBufferPointer
    ) throws {
      try source.produce(rows, bytes, source: UnsafeMutableRawBufferPointer(start: nil, count: 0))
      Kernels.active.convert(
        UnsafeRawBufferPointer(bytes), of: from, to: destination.bindMemory(to: Float.self))
    }
    // The bytes of a whole source tensor are hashed on the way.
    guard sourceHash != .identical else {
      return PlannedTensor(
        descriptor: wide, rows: rows, rowsPerSlice: rowsPerSlice, sourceRowByteCount: rowByteCount,
        produce: make)
    }
    return PlannedTensor(descriptor: wide, rows: rows, rowsPerSlice: rowsPerSlice) { rows, destination in
      try withUnsafeTemporaryAllocation(byteCount: rows.count * source.rowByteCount, alignment: 64) { bytes in
        try make(rows, destination, bytes)
      }
    }
  }
}

extension GGUFValue {
  /// Its type, and itself.
  fileprivate func write(to bytes: inout [UInt8]) {
    bytes.append(typeNumber)
    writeValue(to: &bytes)
  }

  private var typeNumber: UInt32 {
    switch self {
    case .unsigned: 4
    case .signed: 5
    case .float: 6
    case .boolean: 7
    case .text: 8
    case .array: 9
    }
  }

  private func writeValue(to bytes: inout [UInt8]) {
    switch self {
    case .unsigned(let value): bytes.append(UInt32(value))
    case .signed(let value): bytes.append(UInt32(bitPattern: Int32(value)))
    case .float(let value): bytes.append(Float(value).bitPattern)
    case .boolean(let value): bytes.append(UInt8(value ? 1 : 0))
    case .text(let value): bytes.append(text: value)
    case .array(let count, let values):
      bytes.append(values.first?.typeNumber ?? 8)
      bytes.append(UInt64(count))
      for value in values { value.writeValue(to: &bytes) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// A length and so many bytes of UTF-8.
  fileprivate mutating func append(text: String) {
    append(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
