internal import Foundation
internal import Tensors

/// Consecutive elements of a parameter, as they are stored and as f32.
final class DiffSlice {
  private let dtype: DType
  private let raw: UnsafeMutableRawBufferPointer
  private let floats: UnsafeMutableBufferPointer<Float>
  /// Scales of the rows that the elements are of, for int8 codes.
  private let scales: [Float]

  var values: UnsafeBufferPointer<Float> { UnsafeBufferPointer(floats) }

  /// - Throws: `mapping.parameter.dtype` for types that are no numbers of this kind, or what reading throws.
  init(_ place: DiffPair.Place, _ elements: Range<Int>, of checkpoint: MappedCheckpoint) throws {
    let descriptor = place.descriptor
    dtype = descriptor.dtype
    guard Kernels.converts(dtype) || (dtype == .i8 && place.scale != nil) else {
      throw VLMError(
        .parameterDType, "\(dtype.rawValue) elements have no value as f32", file: checkpoint.path,
        tensor: descriptor.name)
    }
    raw = .allocate(byteCount: elements.count * dtype.bits / 8, alignment: 64)
    floats = .allocate(capacity: elements.count)
    scales = try place.scale.map { try Self.scales($0, descriptor, elements, checkpoint) } ?? []
    try place.layout.copyElements(elements, of: dtype, from: checkpoint.reader, into: raw)
    guard let scale = place.scale, dtype == .i8 else {
      Kernels.active.convert(UnsafeRawBufferPointer(raw), of: dtype, to: floats)
      return
    }
    let width = descriptor.shape[1]
    let groups = scale.shape[1]
    let group = (width + groups - 1) / groups
    let firstRow = elements.lowerBound / width
    let codes = raw.bindMemory(to: Int8.self)
    var index = 0
    while index < codes.count {
      let element = elements.lowerBound + index
      let (row, column) = element.quotientAndRemainder(dividingBy: width)
      let end = min(codes.count, index + min((column / group + 1) * group, width) - column)
      let factor = scales[(row - firstRow) * groups + column / group]
      for place in index..<end { floats[place] = Float(codes[place]) * factor }
      index = end
    }
  }

  deinit {
    raw.deallocate()
    floats.deallocate()
  }

  private static func scales(
    _ scale: TensorDescriptor, _ codes: TensorDescriptor, _ elements: Range<Int>,
    _ checkpoint: MappedCheckpoint
  ) throws -> [Float] {
    guard codes.shape.rank == 2, codes.shape[1] > 0, scale.shape.rank == 2, scale.shape[1] > 0,
      scale.shape[0] == codes.shape[0], Kernels.converts(scale.dtype)
    else {
      throw VLMError(
        .coverageShape, "scale is \(scale.shape) for codes \(codes.shape)", file: checkpoint.path,
        tensor: scale.name)
    }
    let width = codes.shape[1]
    let rows = elements.lowerBound / width..<(elements.upperBound - 1) / width + 1
    let count = rows.count * scale.shape[1]
    return try withUnsafeTemporaryAllocation(byteCount: count * scale.dtype.bits / 8, alignment: 64) {
      bytes in
      try checkpoint.copyRows(of: scale.name, rows, into: bytes)
      return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
        let floats = UnsafeMutableBufferPointer(rebasing: floats[..<count])
        Kernels.active.convert(UnsafeRawBufferPointer(bytes), of: scale.dtype, to: floats)
        initialized = count
      }
    }
  }

  func hasSameBits(as other: DiffSlice) -> Bool {
    dtype == other.dtype && raw.count == other.raw.count && scales == other.scales
      && (raw.isEmpty || memcmp(raw.baseAddress!, other.raw.baseAddress!, raw.count) == 0)
  }

  /// Whether this holds the values of `wider` rounded to its own, narrower dtype.
  func isRounding(of wider: DiffSlice) -> Bool {
    guard dtype.bits < wider.dtype.bits, Kernels.converts(dtype), Kernels.converts(wider.dtype) else {
      return false
    }
    return withUnsafeTemporaryAllocation(byteCount: raw.count, alignment: 64) { rounded in
      Kernels.active.convert(wider.values, to: dtype, in: rounded)
      return memcmp(rounded.baseAddress!, raw.baseAddress!, raw.count) == 0
    }
  }
}
