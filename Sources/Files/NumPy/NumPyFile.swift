package import Tensors

/// What a `.npy` holds: an array, or Python's objects.
package enum NumPyFile: Sendable {
  case array(NumPyArray)
  case objects(PickleValue)

  /// Reads a file.
  package init(contentsOf path: String) throws(VLMError) {
    let file = try MappedFile(path)
    try self.init(parsing: file.bytes(0..<file.byteCount), file: path)
  }

  /// - Parameter name: of the file in an archive, for messages.
  /// - Throws: the errors of `NumPyHeader`; `numpy.size`; the `pickle.*` errors.
  package init(parsing bytes: [UInt8], file: String, name: String? = nil) throws(VLMError) {
    let header = try NumPyHeader(parsing: bytes, file: file, name: name)
    guard let size = header.type.size else {
      self = .objects(try PickleReader.read(bytes, from: header.byteCount, file: file, place: name))
      return
    }
    guard
      let array = NumPyArray(
        shape: header.shape, type: header.type, isFortran: header.isFortran,
        bytes: Array(bytes[header.byteCount...]))
    else {
      throw header.wrongSize(size, of: bytes.count - header.byteCount, file: file, name: name)
    }
    self = .array(array)
  }
}
