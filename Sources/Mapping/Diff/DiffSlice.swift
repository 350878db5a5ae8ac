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
    let stored = try dtype == .i8 ? place.scale.map { try checkpoint.scaledCodes(descriptor, $0) } : nil
    scales = try stored.map { try Self.scales(place.scale!.name, $0, elements, checkpoint) } ?? []
    raw = .allocate(byteCount: elements.count * dtype.bits / 8, alignment: 64)
    floats = .allocate(capacity: elements.count)
    try place.layout.copyElements(elements, of: dtype, from: checkpoint.reader, into: raw)
    guard let stored else {
      Kernels.active.convert(UnsafeRawBufferPointer(raw), of: dtype, to: floats)
      return
    }
    stored.dequantize(
      raw.bindMemory(to: Int8.self).baseAddress!, elements, scales: scales, into: floats.baseAddress!)
  }

  deinit {
    raw.deallocate()
    floats.deallocate()
  }

  private static func scales(
    _ name: String, _ stored: ScaledCodes, _ elements: Range<Int>, _ checkpoint: MappedCheckpoint
  ) throws -> [Float] {
    guard !elements.isEmpty else { return [] }
    let rows = elements.lowerBound / stored.columns..<(elements.upperBound - 1) / stored.columns + 1
    let count = rows.count * stored.scalesPerRow
    return try [Float](unsafeUninitializedCapacity: count) { scales, initialized in
      try checkpoint.floatRows(rows, of: name, into: scales.baseAddress!)
      initialized = count
    }
  }

  func hasSameBits(as other: DiffSlice) -> Bool {
    dtype == other.dtype && raw.count == other.raw.count && scales == other.scales
      && (raw.isEmpty || memcmp(raw.baseAddress!, other.raw.baseAddress!, raw.count) == 0)
  }

  /// Whether this holds the values of `other` rounded to its own dtype, which is no wider: BF16 to F16 rounds small values.
  func isRounding(of other: DiffSlice) -> Bool {
    guard dtype != other.dtype, dtype.bits <= other.dtype.bits, Kernels.converts(dtype), Kernels.converts(other.dtype) else {
      return false
    }
    return withUnsafeTemporaryAllocation(byteCount: raw.count, alignment: 64) { rounded in
      Kernels.active.convert(other.values, to: dtype, in: rounded)
      return memcmp(rounded.baseAddress!, raw.baseAddress!, raw.count) == 0
    }
  }
}
