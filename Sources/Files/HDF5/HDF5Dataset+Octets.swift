internal import CHDF5
package import Tensors

extension HDF5Dataset {
  /// Bytes of rows that hold one thing each, such as a compressed picture: strings of a fixed length with what pads them,
  /// sequences of bytes, or rows of bytes. `nil` when it holds something else.
  ///
  /// - Parameter limit: of all of them together; sequences stand in the file as they are, so no sound file has more.
  /// - Throws: `hdf5.tooLarge`, `hdf5.damaged`.
  package func octets(rows: Range<Int>, limit: Int? = nil) throws(VLMError) -> [[UInt8]]? {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(shape)")
    let limit = limit ?? max(file.byteCount, 1 << 20)
    switch element {
    case .octets: return rowWidth == 1 ? try sequences(rows, limit: limit) : nil
    case .strings where !type.isVariableLength && rowWidth == 1, .numbers(.u8):
      let width = rowWidth * type.byteCount
      let (count, overflow) = width.multipliedReportingOverflow(by: rows.count)
      guard !overflow, count <= HDF5Dataset.largestExpansion * limit else { throw tooLarge(limit) }
      let bytes = try made(count, of: UInt8.self) { (buffer) throws(VLMError) in
        try HDF5Library.locked { () throws(VLMError) in
          let memory = try HDF5Handle(
            H5Dget_type(handle.id), "cannot be read", file: file.path, object: path)
          try readRows(rows, as: memory.id, into: buffer.baseAddress)
        }
      }
      return (0..<rows.count).map { Array(bytes[$0 * width..<($0 + 1) * width]) }
    default: return nil
    }
  }

  private func tooLarge(_ limit: Int, cause: VLMError? = nil) -> VLMError {
    VLMError(
      .hdf5TooLarge, "its rows take more than \(limit) bytes", file: file.path, tensor: path, cause: cause)
  }

  /// A few bytes of file can point to one long sequence many times, so `limit` bounds all of them together.
  private func sequences(_ rows: Range<Int>, limit: Int) throws(VLMError) -> [[UInt8]] {
    if rows.isEmpty { return [] }
    return try HDF5Library.locked { () throws(VLMError) in
      func owned(_ id: hid_t) throws(VLMError) -> HDF5Handle {
        try HDF5Handle(id, "cannot be read", file: file.path, object: path)
      }
      let budget = UnsafeMutablePointer<chdf5_budget>.allocate(capacity: 1)
      budget.initialize(to: chdf5_budget(left: limit, refused: false))
      defer { budget.deallocate() }
      let transfer = try owned(chdf5_bounded_transfer(budget))
      let memory = try owned(H5Tvlen_create(chdf5_t_u8le()))
      var extent = [hsize_t(rows.count)]
      let space = try owned(H5Screate_simple(1, &extent, nil))
      let found = UnsafeMutablePointer<hvl_t>.allocate(capacity: rows.count)
      found.initialize(repeating: hvl_t(len: 0, p: nil), count: rows.count)
      defer {
        H5Dvlen_reclaim(memory.id, space.id, transfer.id, found)
        found.deallocate()
      }
      do throws(VLMError) {
        try readRows(rows, as: memory.id, into: found, transfer: transfer.id)
      } catch {
        throw budget.pointee.refused ? tooLarge(limit, cause: error) : error
      }
      return (0..<rows.count).map { row in
        Array(UnsafeRawBufferPointer(start: found[row].p, count: found[row].p == nil ? 0 : found[row].len))
      }
    }
  }
}
