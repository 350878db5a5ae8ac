package import Tensors

extension NumPyFile {
  /// What an array in an archive is, from its first bytes.
  ///
  /// - Throws: the errors of `ZipArchive.unpack` and of `NumPyHeader`.
  package static func header(of name: String, in archive: ZipArchive) throws(VLMError) -> NumPyHeader {
    var head: [UInt8] = []
    try archive.unpack(name) { (piece) throws(VLMError) in
      head += piece.prefix(NumPyHeader.longest + 12 - head.count)
      return head.count < NumPyHeader.longest + 12
    }
    return try NumPyHeader(parsing: head, file: archive.path, name: name)
  }

  /// Rows of an array in an archive, which is unpacked from end to end while nothing but these is kept.
  ///
  /// - Parameter rows: ascending, of the array's first axis.
  /// - Returns: [rows, ...].
  /// - Throws: the errors of `ZipArchive.unpack` and of `NumPyHeader`; `numpy.type` for objects and for an array whose first index is
  ///   fastest, `numpy.size`.
  package static func rows(
    _ rows: [Int], of name: String, in archive: ZipArchive
  ) throws(VLMError) -> NumPyArray {
    let header = try header(of: name, in: archive)
    guard let size = header.type.size, let first = header.shape.first,
      !header.isFortran || header.shape.count == 1
    else {
      throw VLMError(
        .numpyType, "it has no rows of numbers or texts that follow each other", file: archive.path,
        tensor: name, remedy: "save it again with numpy.ascontiguousarray")
    }
    precondition(rows.allSatisfy { (0..<first).contains($0) }, "rows of \(first)")
    let stored = (archive.byteCount(of: name) ?? 0) - header.byteCount
    guard let rowBytes = NumPyArray.byteCount(Array(header.shape.dropFirst()), size),
      NumPyArray.byteCount(header.shape, size) == stored
    else { throw header.wrongSize(size, of: stored, file: archive.path, name: name) }
    var kept: [UInt8] = []
    kept.reserveCapacity(rows.count * rowBytes)
    var (next, start) = (0, -header.byteCount)
    try archive.unpack(name) { (piece) throws(VLMError) in
      // Of the elements, `start` of which came before this piece.
      while next < rows.count {
        let (low, high) = (rows[next] * rowBytes, (rows[next] + 1) * rowBytes)
        let end = start + piece.count
        guard low < end || high <= end else { break }
        kept += UnsafeRawBufferPointer(rebasing: piece[max(low, start) - start..<min(high, end) - start])
        guard high <= end else { break }
        next += 1
      }
      start += piece.count
      return true
    }
    guard
      let array = NumPyArray(
        shape: [rows.count] + header.shape.dropFirst(), type: header.type, isFortran: false, bytes: kept)
    else { throw header.wrongSize(size, of: start, file: archive.path, name: name) }
    return array
  }
}
