package import Checkpoints
public import Tensors

extension MappedCheckpoint {
  /// Lends the bytes of a parameter, row-major and little-endian in its own dtype.
  ///
  /// Bytes that stand together in a file are lent from the mapping; others are gathered first.
  ///
  /// - Throws: `mapping.parameter.unknown` where the checkpoint has no such parameter, and what `body` throws.
  public func withBytes<R>(of parameter: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let (layout, descriptor) = try layout(of: parameter)
    if let range = layout.contiguous {
      let whole = descriptor.dtype.bits
      return try reader.withBytes(of: range.source) { bytes in
        let start = range.elements.lowerBound * whole / 8
        return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + descriptor.byteCount)]))
      }
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: descriptor.byteCount, alignment: 64)
    defer { buffer.deallocate() }
    try layout.copyElements(0..<layout.count, of: descriptor.dtype, from: reader, into: buffer)
    return try body(UnsafeRawBufferPointer(buffer))
  }

  /// The bytes of a parameter where they lie, row-major and little-endian in its own dtype, at any address; `nil` when they
  /// do not stand together in a mapped file.
  package func resident(_ parameter: String) throws -> ResidentBytes? {
    let (layout, descriptor) = try layout(of: parameter)
    guard let range = layout.contiguous, let reader = reader as? any ResidentReader else { return nil }
    let start = range.elements.lowerBound * descriptor.dtype.bits / 8
    return try reader.resident(range.source)[start..<start + descriptor.byteCount]
  }

  /// How what comes into the layer of a weight is rounded by the library that quantized it; `nil`: not at all.
  package func inputRounding(_ parameter: String) -> InputRounding? {
    guard let quantized, let layout = layouts[parameter], let source = layout.sources.first else { return nil }
    return quantized.inputRounding(of: (reader as? any StoredNames)?.storedName(source) ?? source)
  }

  /// What tells roundings of another result apart: part of what names a model's activations.
  package func roundingIdentity(of parameter: String) -> String? { inputRounding(parameter)?.identity }

  /// Copies rows (steps along the first axis) of a parameter in its own dtype; a reused buffer stays in the
  /// cache.
  package func copyRows(
    of parameter: String, _ rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let (layout, descriptor) = try layout(of: parameter)
    let width = descriptor.shape.rank == 0 ? 1 : descriptor.shape.dimensions.dropFirst().reduce(1, *)
    try layout.copyElements(
      (rows.lowerBound * width)..<(rows.upperBound * width), of: descriptor.dtype, from: reader,
      into: destination)
  }

  /// A parameter in f32, whatever float type it is stored in; int8 codes are multiplied by their scales.
  ///
  /// - Returns: all elements, in the shape that `parameters` has for it.
  /// - Throws: `mapping.parameter.unknown`, and `mapping.parameter.dtype` for types that are no numbers of this kind.
  public func floats(_ parameter: String) throws -> FloatTensor {
    let (_, descriptor) = try layout(of: parameter)
    return try FloatTensor(descriptor.shape) { destination in
      try withBytes(of: parameter) { bytes in try self.convert(bytes, descriptor, to: destination) }
    }
  }

  /// Writes rows of a float parameter in f32, without reading the others.
  package func floatRows(
    _ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>
  ) throws {
    let (_, descriptor) = try layout(of: parameter)
    let count = rows.count * (descriptor.shape.rank == 0 ? 1 : descriptor.shape.dimensions.dropFirst().reduce(1, *))
    guard Kernels.converts(descriptor.dtype) else {
      throw VLMError(
        .parameterDType, "\(descriptor.dtype.rawValue) elements have no value as f32", file: path,
        tensor: parameter)
    }
    let byteCount = count * descriptor.dtype.bits / 8
    try withUnsafeTemporaryAllocation(byteCount: max(byteCount, 1), alignment: 64) { bytes in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCount])
      try copyRows(of: parameter, rows, into: bytes)
      Kernels.active.convert(
        UnsafeRawBufferPointer(bytes), of: descriptor.dtype,
        to: UnsafeMutableBufferPointer(start: destination, count: count))
    }
  }

  private func convert(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: TensorDescriptor,
    to destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    if descriptor.dtype == .i8, let scale = scales(of: descriptor.name) {
      try dequantize(bytes, descriptor, scale, to: destination)
      return
    }
    guard Kernels.converts(descriptor.dtype) else {
      throw VLMError(
        .parameterDType, "\(descriptor.dtype.rawValue) elements have no value as f32", file: path,
        tensor: descriptor.name)
    }
    let width = descriptor.dtype.bits / 8
    nonisolated(unsafe) let source = bytes
    nonisolated(unsafe) let target = destination
    Parallel.forRanges(destination.count, grain: 1 << 16) { range in
      Kernels.active.convert(
        UnsafeRawBufferPointer(rebasing: source[(range.lowerBound * width)..<(range.upperBound * width)]),
        of: descriptor.dtype, to: UnsafeMutableBufferPointer(rebasing: target[range]))
    }
  }

  private func dequantize(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: TensorDescriptor, _ scale: TensorDescriptor,
    to destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    let stored = try scaledCodes(descriptor, scale)
    let scales = try floats(scale.name)
    nonisolated(unsafe) let codes = bytes.bindMemory(to: Int8.self)
    nonisolated(unsafe) let target = destination
    Parallel.forRanges(descriptor.shape[0], grain: 16) { rows in
      let elements = rows.lowerBound * stored.columns..<rows.upperBound * stored.columns
      guard let codes = codes.baseAddress, let target = target.baseAddress else { return }
      stored.dequantize(
        codes + elements.lowerBound, elements, scales: scales.base + rows.lowerBound * stored.scalesPerRow,
        into: target + elements.lowerBound)
    }
  }

  // MARK: int8

  /// The scales of a weight that is stored as int8 codes.
  package func scales(of parameter: String) -> TensorDescriptor? {
    parameters[ScaledCodes.scaleName(of: parameter)]
  }

  /// How codes lie beside their scales; throws when the scales are not those of such codes.
  func scaledCodes(_ codes: TensorDescriptor, _ scales: TensorDescriptor) throws -> ScaledCodes {
    guard let stored = ScaledCodes(codes: codes.shape, scales: scales.shape) else {
      throw VLMError(
        .coverageShape, "scale is \(scales.shape) for codes \(codes.shape)", file: path, tensor: scales.name)
    }
    return stored
  }
}
