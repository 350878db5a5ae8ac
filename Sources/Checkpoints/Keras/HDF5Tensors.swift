internal import Files
internal import Tensors

/// Data sets of one HDF5 file as tensors, each under a name that the file's layout gives it.
struct HDF5Tensors: Sendable {
  private struct Entry: Sendable {
    let dataset: HDF5Dataset
    /// Where the bytes stand in the file, when they can be taken from there.
    let place: Range<Int>?
  }

  /// Packed data sets larger than this are not unpacked in one piece.
  static let largestUnpacked = 1 << 34

  let path: String
  /// In the order given.
  let descriptors: [TensorDescriptor]
  private let file: MappedFile
  private let entries: [String: Entry]

  /// - Throws: `hdf5.weightNames` when two data sets have one name, `hdf5.type` when one holds strings.
  init(_ file: HDF5File, _ named: [(name: String, dataset: HDF5Dataset)]) throws(VLMError) {
    var descriptors: [TensorDescriptor] = []
    var entries: [String: Entry] = Dictionary(minimumCapacity: named.count)
    for (name, dataset) in named {
      let descriptor = TensorDescriptor(name: name, dtype: try dataset.dtype, shape: dataset.shape)
      let entry = Entry(dataset: dataset, place: try dataset.place())
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw VLMError(
          .hdf5WeightNames, "two data sets go by this name", file: file.path, tensor: name,
          remedy: "two readers could see different data in it; get the file from a source you trust")
      }
      descriptors.append(descriptor)
    }
    path = file.path
    self.descriptors = descriptors
    self.entries = entries
    self.file = try MappedFile(file.path)
  }

  func contains(_ name: String) -> Bool { entries[name] != nil }

  private func entry(_ name: String) -> Entry {
    guard let entry = entries[name] else { preconditionFailure("\(path) has no tensor \(name)") }
    return entry
  }

  /// Lends the bytes of a tensor: from the mapping where they stand as they are, unpacked otherwise.
  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let entry = entry(name)
    if let place = entry.place { return try file.withBytes(place, body) }
    let dataset = entry.dataset
    let byteCount = dataset.shape.count * dataset.type.byteCount
    try requireUnpackable(byteCount, name)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { buffer.deallocate() }
    try dataset.readRows(0..<dataset.rowCount, into: buffer)
    return try body(UnsafeRawBufferPointer(buffer))
  }

  /// Copies `range`, counted in bytes from the tensor's first, into `destination`.
  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let entry = entry(name)
    let dataset = entry.dataset
    let byteCount = dataset.shape.count * dataset.type.byteCount
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside \(name)")
    if range.isEmpty { return }
    if let place = entry.place {
      let start = place.lowerBound + range.lowerBound
      return try file.read(start..<start + range.count, into: destination)
    }
    let width = dataset.rowWidth * dataset.type.byteCount
    let rows = range.lowerBound / width..<(range.upperBound - 1) / width + 1
    if rows.count * width == range.count { return try dataset.readRows(rows, into: destination) }
    // Only whole rows can be asked for.
    try requireUnpackable(rows.count * width, name)
    let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.count * width, alignment: 64)
    defer { whole.deallocate() }
    try dataset.readRows(rows, into: whole)
    let start = range.lowerBound - rows.lowerBound * width
    destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[start..<start + range.count]))
  }

  private func requireUnpackable(_ byteCount: Int, _ name: String) throws(VLMError) {
    guard byteCount <= Self.largestUnpacked else {
      throw VLMError(
        .hdf5TooLarge, "\(byteCount) bytes are too many to unpack at once", file: path, tensor: name,
        remedy: "store it without chunks: h5repack -l CONTI IN OUT")
    }
  }
}
