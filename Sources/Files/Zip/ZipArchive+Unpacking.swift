internal import CZlib
package import Tensors

extension ZipArchive {
  /// How many bytes are unpacked at once.
  private static let pieceCount = 1 << 20

  /// Unpacks a file of the archive a piece at a time, for one that is larger than what is wanted of it.
  ///
  /// - Parameter take: gets the pieces in order; `false` ends it, and the checksum is then not compared.
  /// - Throws: as `read`, and what `take` throws.
  package func unpack(
    _ name: String, take: (UnsafeRawBufferPointer) throws(VLMError) -> Bool
  ) throws(VLMError) {
    let entry = try entry(name)
    let range = try entry.data(in: file)
    var (sum, count) = (UInt(0), 0)
    /// `false` when no more is wanted.
    func give(_ piece: UnsafeRawBufferPointer) throws(VLMError) -> Bool {
      count += piece.count
      guard count <= entry.size else { throw damaged("there is more than \(entry.size) bytes", name, range) }
      sum = crc32_z(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
      return try take(piece)
    }
    let isWanted = entry.isDeflated ? try inflate(range, name, give) : try copy(range, give)
    guard isWanted else { return }
    guard count == entry.size else {
      throw damaged("it unpacks to \(count) bytes, not to \(entry.size)", name, range)
    }
    guard UInt32(truncatingIfNeeded: sum) == entry.checksum else {
      throw damaged("its checksum is wrong", name, range)
    }
  }

  private func copy(
    _ range: Range<Int>, _ give: (UnsafeRawBufferPointer) throws(VLMError) -> Bool
  ) throws(VLMError) -> Bool {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceCount) {
      let bytes = try file.bytes(start..<min(start + Self.pieceCount, range.upperBound))
      let isWanted = bytes.withUnsafeBytes { piece in
        Result { () throws(VLMError) in try give(piece) }
      }
      guard try isWanted.get() else { return false }
    }
    return true
  }

  /// One raw deflate stream, to its last byte.
  private func inflate(
    _ range: Range<Int>, _ name: String, _ give: (UnsafeRawBufferPointer) throws(VLMError) -> Bool
  ) throws(VLMError) -> Bool {
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw damaged("zlib has no room for it", name, range)
    }
    defer { inflateEnd(&stream) }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceCount, alignment: 64)
    defer { output.deallocate() }
    var status = Z_OK
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceCount) {
      var input = try file.bytes(start..<min(start + Self.pieceCount, range.upperBound))
      let isWanted = input.withUnsafeMutableBufferPointer { input in
        Result { () throws(VLMError) in
          stream.next_in = input.baseAddress
          stream.avail_in = UInt32(input.count)
          repeat {
            guard status == Z_OK else {
              throw damaged("the data is no deflate stream to its end", name, range)
            }
            stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(output.count)
            status = CZlib.inflate(&stream, Z_NO_FLUSH)
            // It is no fault to have nothing left to do.
            if status == Z_BUF_ERROR { status = Z_OK }
            let piece = UnsafeRawBufferPointer(rebasing: output[..<(output.count - Int(stream.avail_out))])
            if !piece.isEmpty, try !give(piece) { return false }
          } while stream.avail_in > 0 || stream.avail_out == 0 && status == Z_OK
          return true
        }
      }
      guard try isWanted.get() else { return false }
    }
    guard status == Z_STREAM_END else { throw damaged("the deflate stream has no end", name, range) }
    return true
  }
}
