internal import Checkpoints
internal import Files
internal import Tensors

/// Reads tensors once, slice by slice on all threads, and says what their elements are like and which are the same.
///
/// Memory is that of a few slices a thread. Slices are added up in order, so that figures do not depend on the threads.
struct StatisticsRun: Sendable {
  /// Elements of a slice: at most 1 MiB in f32.
  private static let sliceCount = 1 << 18
  /// Rows of packed HDF5 data are unpacked whole, so slices there are whole rows up to this many elements.
  private static let largestRow = 1 << 24

  private struct Slice: Sendable {
    let tensor: Int
    let bytes: Range<Int>
  }

  private struct Measure: Sendable {
    var moments = Moments()
    var hash = ""
  }

  private let source: any TensorSource
  /// Places in the source of what is read.
  private let positions: [Int]
  private let slices: [Slice]
  private let isHashed: [Bool]

  init(_ source: any TensorSource, positions: [Int]) {
    self.source = source
    self.positions = positions
    var sameSize: [Int: Int] = [:]
    for position in positions { sameSize[source.tensors[position].byteCount, default: 0] += 1 }
    isHashed = positions.map { sameSize[source.tensors[$0].byteCount]! > 1 }
    slices = positions.indices.flatMap { index -> [Slice] in
      let tensor = source.tensors[positions[index]]
      guard tensor.isReadable else { return [] }
      let step = Self.step(tensor, inRows: source.container == "HDF5")
      return stride(from: 0, to: tensor.byteCount, by: step).map {
        Slice(tensor: index, bytes: $0..<min(tensor.byteCount, $0 + step))
      }
    }
  }

  /// Bytes of a slice: whole elements, in HDF5 whole rows.
  private static func step(_ tensor: ListedTensor, inRows: Bool) -> Int {
    guard let dtype = tensor.dtype else { return sliceCount * 4 }
    let row = tensor.shape.dimensions.dropFirst().reduce(1, *)
    let isWide = row > sliceCount
    let count =
      !inRows || row == 0 || row > largestRow ? sliceCount : isWide ? row : sliceCount / row * row
    return count * dtype.bits / 8
  }

  /// - Returns: statistics of each tensor, `nil` where its elements are no numbers, and what was found in all.
  func run(progress: ProgressHandler?) throws -> (statistics: [TensorStatistics?], findings: TensorFindings) {
    let total = slices.reduce(0) { $0 + $1.bytes.count }
    let meter = ProgressMeter(activity: "reading", total: total, handler: progress)
    let parts = try Parallel.map(slices.count) { index in
      let part = try measure(slices[index])
      meter.add(slices[index].bytes.count)
      return part
    }
    meter.finish()
    var moments = [Moments](repeating: Moments(), count: positions.count)
    var hashes = [String](repeating: "", count: positions.count)
    for (slice, part) in zip(slices, parts) {
      moments[slice.tensor] += part.moments
      hashes[slice.tensor] += part.hash
    }
    return (
      positions.indices.map { isMeasured($0) ? TensorStatistics(moments[$0]) : nil },
      findings(moments, hashes, total)
    )
  }

  private func isMeasured(_ index: Int) -> Bool {
    let tensor = source.tensors[positions[index]]
    return tensor.isReadable && tensor.dtype.map(Elements.canMeasure) == true
  }

  private func findings(_ moments: [Moments], _ hashes: [String], _ total: Int) -> TensorFindings {
    func name(_ index: Int) -> String { source.tensors[positions[index]].name }
    let indices = positions.indices
    let constant = indices.filter { moments[$0].isConstant }
    let isConstant = Set(constant)
    struct Content: Hashable {
      let byteCount: Int
      let hash: String
    }
    let alike = Dictionary(grouping: indices.filter { !isConstant.contains($0) && !hashes[$0].isEmpty }) {
      Content(byteCount: source.tensors[positions[$0]].byteCount, hash: hashes[$0])
    }
    return TensorFindings(
      notFinite: indices.filter { moments[$0].finite < moments[$0].count }.map(name),
      duplicates: alike.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }.map { $0.map(name) },
      constants: constant.map { TensorFindings.Constant(name: name($0), value: moments[$0].minimum) },
      withoutStatistics: indices.count { !isMeasured($0) }, bytesRead: total)
  }

  private func measure(_ slice: Slice) throws -> Measure {
    try withBuffer(slice.bytes.count) { buffer in
      try source.read(positions[slice.tensor], slice.bytes, into: buffer)
      let bytes = UnsafeRawBufferPointer(buffer)
      var result = Measure()
      if isHashed[slice.tensor] { result.hash = SHA256.hash(of: bytes) }
      if isMeasured(slice.tensor), let dtype = source.tensors[positions[slice.tensor]].dtype {
        result.moments = Elements.moments(bytes, of: dtype)
      }
      return result
    }
  }
}

private func withBuffer<R>(_ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows
  -> R
{
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
  defer { buffer.deallocate() }
  return try body(buffer)
}

/// Elements of any dtype as numbers.
private enum Elements {
  static func canMeasure(_ dtype: DType) -> Bool {
    switch dtype {
    case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: true
    default: Kernels.converts(dtype)
    }
  }

  static func moments(_ bytes: UnsafeRawBufferPointer, of dtype: DType) -> Moments {
    switch dtype {
    case .bool, .u8: return whole(bytes, UInt8.self)
    case .i8: return whole(bytes, Int8.self)
    case .u16: return whole(bytes, UInt16.self)
    case .i16: return whole(bytes, Int16.self)
    case .u32: return whole(bytes, UInt32.self)
    case .i32: return whole(bytes, Int32.self)
    case .u64: return whole(bytes, UInt64.self)
    case .i64: return whole(bytes, Int64.self)
    case .f32: return Moments(f32: bytes)
    case .f64: return Moments(f64: bytes)
    default:
      let count = bytes.count * 8 / dtype.bits
      return withBuffer(count * MemoryLayout<Float>.stride) { buffer in
        let floats = buffer.bindMemory(to: Float.self)
        Kernels.active.convert(bytes, of: dtype, to: floats)
        return Moments(f32: UnsafeRawBufferPointer(buffer))
      }
    }
  }

  private static func whole<Number: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _: Number.Type
  ) -> Moments {
    let numbers = bytes.bindMemory(to: Number.self)
    return withBuffer(numbers.count * MemoryLayout<Double>.stride) { buffer in
      let doubles = buffer.bindMemory(to: Double.self)
      for index in numbers.indices { doubles[index] = Double(Number(littleEndian: numbers[index])) }
      return Moments(f64: UnsafeRawBufferPointer(buffer))
    }
  }
}
