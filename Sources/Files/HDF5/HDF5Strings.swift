internal import CHDF5
internal import Tensors

/// Reads strings, of fixed length or from the file's heap, through `read`; call it under the lock.
///
/// A few bytes of file can point to one long string many times, so `limit` bounds all of them together where the
/// library lets us: in data sets. Attributes are read with its own allocator (`limit` is `nil`), and their number
/// of strings is bounded instead.
func hdf5Strings(
  count: Int, type: HDF5Type, typeID: hid_t, limit: Int?, file: String, object: String,
  _ read: (_ buffer: UnsafeMutableRawPointer?, _ transfer: hid_t) throws(VLMError) -> Void
) throws(VLMError) -> [String] {
  if count == 0 { return [] }
  func notText() -> VLMError {
    VLMError(.hdf5Text, "a string is not valid UTF-8", file: file, tensor: object)
  }
  guard type.isVariableLength else {
    let bytes = try made(count * type.byteCount, of: UInt8.self) { (buffer) throws(VLMError) in
      try read(buffer.baseAddress, chdf5_p_default())
    }
    var strings: [String] = []
    strings.reserveCapacity(count)
    for index in 0..<count {
      let text = bytes.withUnsafeBytes { bytes in
        type.text(
          UnsafeRawBufferPointer(rebasing: bytes[index * type.byteCount..<(index + 1) * type.byteCount]))
      }
      guard let text else { throw notText() }
      strings.append(text)
    }
    return strings
  }

  let budget = UnsafeMutablePointer<chdf5_budget>.allocate(capacity: 1)
  budget.initialize(to: chdf5_budget(left: limit ?? 0, refused: false))
  defer { budget.deallocate() }
  let bounded = try limit.map { (_) throws(VLMError) in
    try HDF5Handle(chdf5_bounded_transfer(budget), "cannot set up reading", file: file)
  }
  let transfer = bounded?.id ?? chdf5_p_default()
  let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
  pointers.initialize(repeating: nil, count: count)
  var extent = [hsize_t(count)]
  let space = try HDF5Handle(H5Screate_simple(1, &extent, nil), "cannot set up reading", file: file)
  defer {
    H5Dvlen_reclaim(typeID, space.id, transfer, pointers)
    pointers.deallocate()
  }
  do throws(VLMError) {
    try read(pointers, transfer)
  } catch {
    guard let limit, budget.pointee.refused else { throw error }
    throw VLMError(
      .hdf5TooLarge, "its strings take more than \(limit) bytes", file: file, tensor: object, cause: error)
  }
  var strings: [String] = []
  strings.reserveCapacity(count)
  for index in 0..<count {
    guard let pointer = pointers[index] else {
      strings.append("")
      continue
    }
    guard let text = String(validatingCString: pointer) else { throw notText() }
    strings.append(text)
  }
  return strings
}
