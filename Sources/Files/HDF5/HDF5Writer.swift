internal import CHDF5
package import Tensors

/// Writes a new HDF5 file, which appears whole or not at all: under a name of its own until `commit()`.
///
/// Used for caches and by tests. The bytes are the same from run to run: no times are stored.
package final class HDF5Writer {
  package let path: String
  private let file: OutputFile
  private let output: HDF5Output
  private var handle: HDF5Handle?

  /// Starts a file; one at `path` is replaced by `commit()`.
  package init(_ path: String) throws(VLMError) {
    self.path = path
    let partial = path + ".vlmtool-partial"
    // Before it is there, so that an interruption at any moment finds it.
    UnfinishedFiles.begin(partial, .removed)
    do throws(VLMError) {
      file = try OutputFile(partial, truncating: true)
    } catch {
      UnfinishedFiles.end(partial)
      throw error
    }
    do throws(VLMError) {
      output = try HDF5Output(file, path: path)
      handle = try output.create()
    } catch {
      removeFile(partial)
      UnfinishedFiles.end(partial)
      throw error
    }
  }

  deinit {
    if handle != nil {
      handle = nil
      removeFile(file.path)
    }
    UnfinishedFiles.end(file.path)
  }

  /// Closes the file, waits for the disk and gives the file its name.
  package func commit() throws(VLMError) {
    let id = open
    do throws(VLMError) {
      try HDF5Library.locked { () throws(VLMError) in
        try output.check(H5Fflush(id, H5F_SCOPE_GLOBAL), "cannot be written")
        handle = nil
        try output.check(0, "cannot be closed")
      }
      try file.flush()
      try file.rename(to: path)
    } catch {
      handle = nil
      removeFile(file.path)
      throw error
    }
  }

  private var open: hid_t {
    guard let handle else { preconditionFailure("\(path) is committed") }
    return handle.id
  }

  /// Sets an attribute of a group or data set that is there.
  package func setAttribute(_ name: String, of object: String, _ value: HDF5Value) throws(VLMError) {
    try HDF5Library.locked { () throws(VLMError) in
      let owner = try owned(H5Oopen(open, object, chdf5_p_default()), object)
      switch value {
      case .integers(let values, let shape):
        try writeAttribute(name, of: owner, values.map(Int64.init), .i64, shape, object)
      case .floats(let values, let shape): try writeAttribute(name, of: owner, values, .f64, shape, object)
      case .strings(let values, let shape):
        precondition(values.count == shape.count)
        let type = try HDF5Type.stringType(file: path, object: object)
        let attribute = try createAttribute(name, of: owner, type, shape, object)
        try withCStrings(values) { (pointers) throws(VLMError) in
          try check(H5Awrite(attribute.id, type.id, pointers), object)
        }
      }
    }
  }

  /// Writes a whole data set of numbers.
  package func write(
    _ bytes: UnsafeRawBufferPointer, to dataset: String, dtype: DType, shape: Shape,
    chunk: Shape? = nil, gzip: Int? = nil
  ) throws(VLMError) {
    let output = try createDataset(dataset, dtype: dtype, shape: shape, chunk: chunk, gzip: gzip)
    try output.writeRows(0..<output.rowCount, bytes)
  }

  package func write<Number: HDF5Number>(
    _ values: [Number], to dataset: String, shape: Shape, chunk: Shape? = nil, gzip: Int? = nil
  ) throws(VLMError) {
    precondition(values.count == shape.count, "\(values.count) values for \(shape)")
    let result = values.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        try write(bytes, to: dataset, dtype: Number.dtype, shape: shape, chunk: chunk, gzip: gzip)
      }
    }
    try result.get()
  }

  /// Writes strings as UTF-8 of variable length.
  package func write(_ strings: [String], to dataset: String) throws(VLMError) {
    try HDF5Library.locked { () throws(VLMError) in
      let type = try HDF5Type.stringType(file: path, object: dataset)
      let output = try create(dataset, type, [strings.count], chunk: nil, gzip: nil)
      if strings.isEmpty { return }
      try withCStrings(strings) { (pointers) throws(VLMError) in
        try check(
          H5Dwrite(output.id, type.id, chdf5_s_all(), chdf5_s_all(), chdf5_p_default(), pointers), dataset)
      }
    }
  }

  /// Makes a data set to be filled row by row.
  ///
  /// - Parameters:
  ///   - chunk: the shape of a chunk; `nil` stores all in one piece.
  ///   - gzip: 1 to 9, with bytes shuffled first; needs `chunk`.
  ///   - reserving: whether its place in the file is set aside now, for data that comes by another way.
  package func createDataset(
    _ dataset: String, dtype: DType, shape: Shape, chunk: Shape? = nil, gzip: Int? = nil,
    reserving: Bool = false
  ) throws(VLMError) -> HDF5OutputDataset {
    precondition(gzip == nil || chunk != nil, "compressed data sets are chunked")
    let handle = try HDF5Library.locked { () throws(VLMError) in
      let type = try HDF5Type.fileType(dtype, file: path, object: dataset)
      return try create(dataset, type, shape, chunk: chunk, gzip: gzip, reserving: reserving)
    }
    if dtype == .bf16 { try setAttribute("dtype", of: dataset, .strings(["bfloat16"], [])) }
    return HDF5OutputDataset(path: dataset, dtype: dtype, shape: shape, handle: handle, output: output)
  }
}

extension HDF5Writer {
  private func create(
    _ dataset: String, _ type: HDF5Handle, _ shape: Shape, chunk: Shape?, gzip: Int?, reserving: Bool = false
  ) throws(VLMError) -> HDF5Handle {
    let creation = try owned(H5Pcreate(chdf5_p_dataset_create()), dataset)
    if reserving {
      H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY)
      H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER)
    }
    H5Pset_obj_track_times(creation.id, false)
    if let chunk {
      precondition(
        chunk.rank == shape.rank && chunk.rank > 0 && chunk.count > 0, "chunk \(chunk) for \(shape)")
      H5Pset_chunk(creation.id, Int32(chunk.rank), chunk.dimensions.map { hsize_t($0) })
    }
    if let gzip {
      H5Pset_shuffle(creation.id)
      H5Pset_deflate(creation.id, UInt32(gzip))
    }
    let names = dataset.split(separator: "/").map(String.init)
    precondition(!names.isEmpty, "a data set needs a name")
    let group = try openGroup(names.dropLast().joined(separator: "/"))
    let space = try makeSpace(shape, dataset)
    return try owned(
      H5Dcreate2(
        group.id, names.last!, type.id, space.id, chdf5_p_default(), creation.id, chdf5_p_default()), dataset)
  }

  private func openGroup(_ group: String) throws(VLMError) -> HDF5Handle {
    let creation = try owned(H5Pcreate(chdf5_p_group_create()), group)
    H5Pset_obj_track_times(creation.id, false)
    var current = try owned(H5Gopen2(open, "/", chdf5_p_default()), group)
    for name in group.split(separator: "/").map(String.init) {
      let next =
        H5Lexists(current.id, name, chdf5_p_default()) > 0
        ? H5Gopen2(current.id, name, chdf5_p_default())
        : H5Gcreate2(current.id, name, chdf5_p_default(), creation.id, chdf5_p_default())
      current = try owned(next, group)
    }
    return current
  }

  private func makeSpace(_ shape: Shape, _ object: String) throws(VLMError) -> HDF5Handle {
    let dimensions = shape.dimensions.map { hsize_t($0) }
    return try owned(
      shape.rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.rank), dimensions, nil), object)
  }

  private func createAttribute(
    _ name: String, of owner: HDF5Handle, _ type: HDF5Handle, _ shape: Shape, _ object: String
  ) throws(VLMError) -> HDF5Handle {
    let space = try makeSpace(shape, object)
    return try owned(
      H5Acreate2(owner.id, name, type.id, space.id, chdf5_p_default(), chdf5_p_default()), "\(object)@\(name)"
    )
  }

  private func writeAttribute<Number: BitwiseCopyable>(
    _ name: String, of owner: HDF5Handle, _ values: [Number], _ dtype: DType, _ shape: Shape, _ object: String
  ) throws(VLMError) {
    precondition(values.count == shape.count)
    let type = try HDF5Type.fileType(dtype, file: path, object: object)
    let attribute = try createAttribute(name, of: owner, type, shape, object)
    if values.isEmpty { return }
    try check(H5Awrite(attribute.id, type.id, values), object)
  }

  private func owned(_ id: hid_t, _ object: String) throws(VLMError) -> HDF5Handle {
    try output.check(id >= 0 ? 0 : -1, "cannot be made", object)
    return try HDF5Handle(id, "cannot be made", file: path)
  }

  private func check(_ status: herr_t, _ object: String) throws(VLMError) {
    try output.check(status, "cannot be written", object)
  }

  private func withCStrings(
    _ strings: [String], _ body: ([UnsafePointer<CChar>]) throws(VLMError) -> Void
  ) throws(VLMError) {
    // One block with all texts, each closed by a zero.
    var bytes: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      precondition(!string.utf8.contains(0), "HDF5 strings end at a zero")
      starts.append(bytes.count)
      bytes += string.utf8CString
    }
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(VLMError) in try body(starts.map { buffer.baseAddress! + $0 }) }
    }
    try result.get()
  }
}
