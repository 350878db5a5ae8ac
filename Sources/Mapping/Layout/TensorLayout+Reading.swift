internal import Checkpoints
internal import Tensors

extension TensorLayout {
  /// Copies elements, counted row-major in the result, from their places in the sources.
  func copyElements(
    _ range: Range<Int>, of dtype: DType, from reader: any CheckpointReader,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    if let whole = contiguous {
      let bits = dtype.bits
      let start = (whole.elements.lowerBound + range.lowerBound) * bits / 8
      try reader.readBytes(of: whole.source, start..<(start + range.count * bits / 8), into: destination)
      return
    }
    let width = dtype.bits / 8
    precondition(destination.count >= range.count * width)
    for source in sources {
      try reader.withBytes(of: source) { bytes in
        self.forEachRun(in: range) { from, start, place, stride, count in
          guard from == source else { return }
          Self.copy(bytes, start, stride, to: destination, place, count, width)
        }
      }
    }
    if scale != 1 { try multiply(destination, range.count, dtype) }
  }

  private static func copy(
    _ source: UnsafeRawBufferPointer, _ start: Int, _ stride: Int,
    to destination: UnsafeMutableRawBufferPointer,
    _ place: Int, _ count: Int, _ width: Int
  ) {
    if stride == 1 || count == 1 {
      let bytes = UnsafeRawBufferPointer(rebasing: source[(start * width)..<((start + count) * width)])
      UnsafeMutableRawBufferPointer(rebasing: destination[(place * width)...]).copyMemory(from: bytes)
      return
    }
    func gather<Element: FixedWidthInteger>(_: Element.Type) {
      for index in 0..<count {
        let element = source.loadUnaligned(fromByteOffset: (start + index * stride) * width, as: Element.self)
        destination.storeBytes(of: element, toByteOffset: (place + index) * width, as: Element.self)
      }
    }
    switch width {
    case 1: gather(UInt8.self)
    case 2: gather(UInt16.self)
    case 4: gather(UInt32.self)
    default: gather(UInt64.self)
    }
  }

  /// Multiplies elements in place; exact but for overflow, the factor being a power of two.
  private func multiply(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int, _ dtype: DType) throws {
    guard dtype.isFloatingPoint, Kernels.converts(dtype), dtype != .f64 else {
      throw Self.unsupported("\(dtype.rawValue) elements cannot be scaled")
    }
    let factor = Float(scale)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: min(count, 4096)) { values in
      var start = 0
      let width = dtype.bits / 8
      while start < count {
        let part = UnsafeMutableBufferPointer(rebasing: values[..<min(values.count, count - start)])
        let place = UnsafeMutableRawBufferPointer(
          rebasing: bytes[(start * width)..<((start + part.count) * width)])
        Kernels.active.convert(UnsafeRawBufferPointer(place), of: dtype, to: part)
        for index in part.indices { part[index] *= factor }
        Kernels.active.convert(UnsafeBufferPointer(part), to: dtype, in: place)
        start += part.count
      }
    }
  }
}
