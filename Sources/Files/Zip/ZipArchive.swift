internal import CZlib
package import Tensors

/// A zip archive of plain files, stored or deflated: `formats/containers/npz.md`.
///
/// Opening reads the directory at the end; a file is unpacked when asked for, and its checksum compared. Nothing is ever written
/// to a disk.
package struct ZipArchive: Sendable {
  package let path: String
  /// In the order of the directory.
  package let names: [String]
  let file: MappedFile
  private let entries: [String: ZipEntry]

  /// Deflate makes at most so many bytes of one.
  private static let maximumRatio = 1032

  /// Reads the directory.
  ///
  /// - Throws: the errors of `MappedFile`; `zip.end`, `zip.directory`, `zip.name`, `zip.duplicate`, `zip.method`, `zip.bomb`.
  package init(_ path: String) throws(VLMError) { try self.init(MappedFile(path)) }

  package init(_ file: MappedFile) throws(VLMError) {
    let path = file.path
    let directory = try ZipDirectory(file)
    var entries: [String: ZipEntry] = [:]
    for entry in directory.entries {
      guard entry.size / Self.maximumRatio <= entry.packedSize else {
        throw VLMError(
          .zipBomb, "\(entry.packedSize) bytes should unpack to \(entry.size)", file: path,
          tensor: entry.name,
          offset: entry.place, remedy: "this is a bomb, or damaged")
      }
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw VLMError(
          .zipDuplicate, "two files of the archive have this name", file: path, tensor: entry.name,
          offset: entry.place)
      }
    }
    self.path = path
    self.file = file
    self.entries = entries
    names = directory.entries.map(\.name)
  }

  /// How long a file of the archive is, unpacked; `nil` where there is none.
  package func byteCount(of name: String) -> Int? { entries[name]?.size }

  /// Where the bytes of a file stand in the archive.
  ///
  /// - Throws: `zip.notFound`, `zip.header`; `zip.packed` where they are compressed.
  package func place(of name: String) throws(VLMError) -> Range<Int> {
    let entry = try entry(name)
    guard !entry.isDeflated else {
      throw VLMError(
        .zipPacked, "it is compressed, and is to be mapped as it stands", file: path, tensor: name,
        offset: entry.place, remedy: "unpack the archive, and pack it again without compression (zip -0 -r)")
    }
    return try entry.data(in: file)
  }

  /// A file of the archive, unpacked.
  ///
  /// - Parameter mayLackChecksum: whether a checksum of 0 is one that nobody computed.
  /// - Throws: `zip.notFound`; `zip.header` where the header before its data says something else than the directory;
  ///   `zip.damaged`.
  package func read(_ name: String, mayLackChecksum: Bool = false) throws(VLMError) -> [UInt8] {
    let entry = try entry(name)
    let range = try entry.data(in: file)
    func damaged(_ message: String) -> VLMError { self.damaged(message, name, range) }
    let bytes: [UInt8]
    if entry.isDeflated {
      guard let unpacked = Self.inflated(try file.bytes(range), to: entry.size) else {
        throw damaged("the data is no deflate stream of \(entry.size) bytes")
      }
      bytes = unpacked
    } else {
      bytes = try file.bytes(range)
    }
    if mayLackChecksum, entry.checksum == 0 { return bytes }
    let sum = bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    guard UInt32(truncatingIfNeeded: sum) == entry.checksum else {
      throw damaged("its checksum is wrong")
    }
    return bytes
  }

  func entry(_ name: String) throws(VLMError) -> ZipEntry {
    guard let entry = entries[name] else {
      throw VLMError(
        .zipNotFound, "there is no such file in it", file: path, tensor: name,
        remedy: NearestNames.suggestion(for: name, among: names)
          ?? "it holds \(names.prefix(8).joined(separator: ", "))")
    }
    return entry
  }

  func damaged(_ message: String, _ name: String, _ range: Range<Int>) -> VLMError {
    VLMError(
      .zipDamaged, message, file: path, tensor: name, offset: range.lowerBound, remedy: "get the file again")
  }

  /// `nil` unless `packed` is one raw deflate stream, to its last byte, of `size` bytes.
  private static func inflated(_ packed: [UInt8], to size: Int) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
    defer { inflateEnd(&stream) }
    var isWhole = false
    // One byte more than there should be, so that a stream that goes on is told from one that ends.
    let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
      packed.withUnsafeBufferPointer { packed in
        stream.next_in = UnsafeMutablePointer(mutating: packed.baseAddress)
        stream.next_out = buffer.baseAddress
        var (input, output) = (packed.count, size + 1)
        var status = Z_OK
        // zlib counts what is left in 32 bits.
        while status == Z_OK {
          let (given, room) = (min(input, 1 << 30), min(output, 1 << 30))
          stream.avail_in = UInt32(given)
          stream.avail_out = UInt32(room)
          status = inflate(&stream, Z_NO_FLUSH)
          input -= given - Int(stream.avail_in)
          output -= room - Int(stream.avail_out)
        }
        count = size + 1 - output
        isWhole = status == Z_STREAM_END && input == 0 && count == size
      }
    }
    return isWhole ? bytes : nil
  }
}
