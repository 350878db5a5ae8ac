internal import CHDF5
package import Tensors

/// Number types that data sets and attributes of any number type are converted to on reading.
package protocol HDF5Number: BitwiseCopyable {
  static var dtype: DType { get }
}

extension Double: HDF5Number { package static var dtype: DType { .f64 } }
extension Float: HDF5Number { package static var dtype: DType { .f32 } }
extension Int64: HDF5Number { package static var dtype: DType { .i64 } }
extension Int: HDF5Number { package static var dtype: DType { .i64 } }
extension UInt8: HDF5Number { package static var dtype: DType { .u8 } }

extension HDF5Dataset {
  /// Copies rows as they stand in the file, little-endian, into `destination`.
  ///
  /// - Parameters:
  ///   - rows: steps along the first axis; `0..<1` of a scalar.
  ///   - destination: at least `rows.count * rowWidth` elements of `dtype`.
  /// - Throws: `hdf5.type` for strings, `hdf5.damaged` when stored data cannot be unpacked.
  package func readRows(
    _ rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    _ = try dtype
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(shape)")
    precondition(destination.count >= rows.count * rowWidth * type.byteCount, "buffer too small for \(rows)")
    try HDF5Library.locked { () throws(VLMError) in
      let fileType = try owned(H5Dget_type(handle.id))
      let memory = try HDF5Type.memoryType(for: fileType.id, file: file.path, object: path)
      try readRows(rows, as: memory.id, into: destination.baseAddress)
    }
  }

  /// All bytes, little-endian.
  ///
  /// - Throws: `hdf5.tooLarge` over `limit` bytes, for which there is `readRows`.
  package func bytes(limit: Int = 1 << 32) throws(VLMError) -> [UInt8] {
    _ = try dtype
    let count = shape.count * type.byteCount
    try require(count, within: limit)
    return try made(count, of: UInt8.self) { (buffer) throws(VLMError) in
      try readRows(0..<rowCount, into: buffer)
    }
  }

  /// Rows of any number type, converted by the library to `Number`; values outside its range are clamped.
  package func values<Number: HDF5Number>(
    _ type: Number.Type = Number.self, rows: Range<Int>? = nil, limit: Int = 1 << 32
  ) throws(VLMError) -> [Number] {
    let rows = rows ?? 0..<rowCount
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(shape)")
    let count = rows.count * rowWidth
    try require(count * MemoryLayout<Number>.stride, within: limit)
    let stored = try dtype
    switch stored {
    case .bf16: return try brainFloats(rows)
    case .bool: return try booleans(rows)
    default: break
    }
    return try made(count) { (buffer) throws(VLMError) in
      try HDF5Library.locked { () throws(VLMError) in
        let memory = try HDF5Type.fileType(Number.dtype, file: file.path, object: path)
        try readRows(rows, as: memory.id, into: buffer.baseAddress)
      }
    }
  }

  /// Rows of strings, fixed or variable; `limit` bounds their bytes together.
  package func strings(rows: Range<Int>? = nil, limit: Int = 1 << 28) throws(VLMError) -> [String] {
    guard element == .strings else {
      throw VLMError(.hdf5Type, "this data set holds numbers, not strings", file: file.path, tensor: path)
    }
    let rows = rows ?? 0..<rowCount
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(shape)")
    let count = rows.count * rowWidth
    try require(count * max(type.byteCount, 1), within: limit)
    return try HDF5Library.locked { () throws(VLMError) in
      let fileType = try owned(H5Dget_type(handle.id))
      return try hdf5Strings(
        count: count, type: type, typeID: fileType.id, limit: limit, file: file.path, object: path
      ) { (buffer, transfer) throws(VLMError) in
        try readRows(rows, as: fileType.id, into: buffer, transfer: transfer)
      }
    }
  }

  func readRows(
    _ rows: Range<Int>, as memoryType: hid_t, into buffer: UnsafeMutableRawPointer?,
    transfer: hid_t = chdf5_p_default()
  ) throws(VLMError) {
    if rows.isEmpty || rowWidth == 0 { return }
    let fileSpace = try owned(H5Dget_space(handle.id))
    var memorySpace = chdf5_s_all()
    var selection: HDF5Handle?
    if shape.rank > 0, rows.count < rowCount {
      var start = [hsize_t](repeating: 0, count: shape.rank)
      var count = shape.dimensions.map { hsize_t($0) }
      start[0] = hsize_t(rows.lowerBound)
      count[0] = hsize_t(rows.count)
      guard H5Sselect_hyperslab(fileSpace.id, H5S_SELECT_SET, start, nil, count, nil) >= 0 else {
        throw HDF5Library.failure("cannot select rows \(rows)", file: file.path, object: path)
      }
      selection = try owned(H5Screate_simple(Int32(shape.rank), count, nil))
      memorySpace = selection!.id
    }
    let chunk = if case .chunked(let chunk) = storage { chunk.count * type.byteCount } else { 0 }
    let status = chdf5_read(
      chunk, handle.id, memoryType, memorySpace, selection == nil ? chdf5_s_all() : fileSpace.id, transfer,
      buffer)
    guard status >= 0 else { throw HDF5Library.failure("cannot be read", file: file.path, object: path) }
    withExtendedLifetime(selection) {}
  }

  private func owned(_ id: hid_t) throws(VLMError) -> HDF5Handle {
    try HDF5Handle(id, "cannot be read", file: file.path, object: path)
  }

  private func require(_ byteCount: Int, within limit: Int) throws(VLMError) {
    guard byteCount <= limit else {
      throw VLMError(
        .hdf5TooLarge, "\(byteCount) bytes are more than the \(limit) that are read at once", file: file.path,
        tensor: path)
    }
  }

  /// bfloat16 is the upper half of an f32.
  private func brainFloats<Number: HDF5Number>(_ rows: Range<Int>) throws(VLMError) -> [Number] {
    let raw = try made(rows.count * rowWidth, of: UInt16.self) { (buffer) throws(VLMError) in
      try readRows(rows, into: buffer)
    }
    return try converted(raw.map { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) })
  }

  private func booleans<Number: HDF5Number>(_ rows: Range<Int>) throws(VLMError) -> [Number] {
    let raw = try made(rows.count * rowWidth, of: UInt8.self) { (buffer) throws(VLMError) in
      try readRows(rows, into: buffer)
    }
    return try converted(raw.map { $0 == 0 ? 0 : 1 })
  }

  private func converted<Number: HDF5Number>(_ floats: [Float]) throws(VLMError) -> [Number] {
    switch Number.self {
    case is Float.Type: return floats as! [Number]
    case is Double.Type: return floats.map { Double($0) } as! [Number]
    case is Int.Type: return floats.map { Int(clampingOrZero: $0) } as! [Number]
    case is Int64.Type: return floats.map { Int64(Int(clampingOrZero: $0)) } as! [Number]
    case is UInt8.Type: return floats.map { UInt8(clamping: Int(clampingOrZero: $0)) } as! [Number]
    default: preconditionFailure("no conversion to \(Number.self)")
    }
  }
}

extension Int {
  /// As the library converts: toward zero, clamped, and 0 for what is not a number.
  fileprivate init(clampingOrZero value: Float) {
    self = value.isNaN ? 0 : Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }
}

/// An array of `count` elements that `fill` overwrites as bytes, zeros before.
func made<Element: BitwiseCopyable>(
  _ count: Int, of: Element.Type = Element.self,
  _ fill: (UnsafeMutableRawBufferPointer) throws(VLMError) -> Void
) throws(VLMError) -> [Element] {
  var result = Result<Void, VLMError>.success(())
  let values = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    let bytes = UnsafeMutableRawBufferPointer(
      start: buffer.baseAddress, count: count * MemoryLayout<Element>.stride)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    result = Result { () throws(VLMError) in try fill(bytes) }
    initialized = count
  }
  try result.get()
  return values
}
