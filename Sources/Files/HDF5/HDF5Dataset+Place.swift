internal import CHDF5
package import Tensors

extension HDF5Dataset {
  /// Where its data stands in the file as it is to be read: in one piece, unpacked and little-endian.
  ///
  /// `nil` when it has to be read through the library: chunks, another byte order, data within the header, or
  /// nothing written yet.
  ///
  /// - Throws: `hdf5.damaged` when that place is not within the file.
  package func place() throws(VLMError) -> Range<Int>? {
    let (byteCount, overflow) = shape.count.multipliedReportingOverflow(by: type.byteCount)
    guard storage == .contiguous, type.isLittleEndian, !overflow else { return nil }
    if byteCount == 0 { return 0..<0 }
    let address = try HDF5Library.locked { () throws(VLMError) in H5Dget_offset(handle.id) }
    // What `HADDR_UNDEF` stands for: no room was ever made.
    guard address != .max else { return nil }
    let (end, overflows) = Int(clamping: address).addingReportingOverflow(byteCount)
    guard !overflows, end <= file.byteCount else {
      throw VLMError(
        .hdf5Damaged, "its \(byteCount) bytes would reach beyond the end of the file", file: file.path,
        tensor: path, offset: Int(clamping: address),
        remedy: "the file is damaged or cut short; get it again")
    }
    return end - byteCount..<end
  }
}
