internal import Files
package import Tensors

/// What `torch.save` writes, as its zip directory shows it: the storages and their sizes. The pickle is never read.
package struct TorchArchive: TensorSource {
  package let container = "PyTorch archive"
  package let tensors: [ListedTensor]
  package let metadata: [String: String] = [:]
  package let notes = [
    "This is \(FileKind.pickle.name): names, shapes and dtypes stand in it. Storages are listed by number.",
    "Where the file is trusted, load it with torch.load(weights_only=True), and save its tensors with "
      + "safetensors.torch.save_file, or \(FileKind.pickleRemedy).",
  ]

  private static let most = 1 << 20

  /// Reads the zip directory; `nil` when the file has none, or it is no archive of tensors.
  package init?(_ path: String) throws(VLMError) {
    let file = try MappedFile(path)
    defer { withExtendedLifetime(file) {} }
    let bytes = UnsafeRawBufferPointer(start: file.base, count: file.byteCount)
    guard let entries = ZipDirectory(bytes)?.entries, entries.count <= Self.most,
      entries.contains(where: { $0.name.hasSuffix("data.pkl") })
    else { return nil }
    tensors = entries.sorted { $0.name < $1.name }.compactMap { entry in
      guard let shape = Shape(validating: [entry.byteCount]) else { return nil }
      return ListedTensor(
        name: entry.name, type: "bytes", dtype: nil, shape: shape, byteCount: entry.byteCount, file: path,
        isReadable: false)
    }
  }

  package func read(
    _ position: Int, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    preconditionFailure("entries of a PyTorch archive are not read")
  }
}

/// The central directory at the end of a zip archive: names and sizes of its entries.
struct ZipDirectory {
  struct Entry: Hashable {
    let name: String
    /// Unpacked.
    let byteCount: Int
  }

  let entries: [Entry]

  /// `nil` when there is no directory, or it is damaged.
  init?(_ bytes: UnsafeRawBufferPointer) {
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Int? {
      guard offset >= 0, offset <= bytes.count - MemoryLayout<Number>.size else { return nil }
      return Int(exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
    }
    // The end record has 22 bytes and a comment of up to 64 KiB behind it.
    let first = max(0, bytes.count - 22 - 0xffff)
    guard bytes.count >= 22,
      let end = (first...bytes.count - 22).last(where: { number($0, UInt32.self) == 0x0605_4b50 }),
      var count = number(end + 10, UInt16.self), var start = number(end + 16, UInt32.self)
    else { return nil }
    if count == 0xffff || start == 0xffff_ffff {
      // Zip64: a locator before the end record says where the larger numbers are.
      guard number(end - 20, UInt32.self) == 0x0706_4b50, let record = number(end - 12, UInt64.self),
        number(record, UInt32.self) == 0x0606_4b50, let large = number(record + 32, UInt64.self),
        let place = number(record + 48, UInt64.self)
      else { return nil }
      (count, start) = (large, place)
    }
    // Each entry has 46 bytes and its name.
    guard count <= bytes.count / 46 else { return nil }
    var entries: [Entry] = []
    var offset = start
    for _ in 0..<count {
      guard number(offset, UInt32.self) == 0x0201_4b50, var size = number(offset + 24, UInt32.self),
        let nameLength = number(offset + 28, UInt16.self), let extraLength = number(offset + 30, UInt16.self),
        let commentLength = number(offset + 32, UInt16.self),
        offset + 46 + nameLength + extraLength + commentLength <= bytes.count
      else { return nil }
      let name = String(decoding: bytes[offset + 46..<offset + 46 + nameLength], as: UTF8.self)
      if size == 0xffff_ffff {
        // The first number of the extra field 1 is the size that does not fit.
        var field = offset + 46 + nameLength
        let last = field + extraLength
        while field + 4 <= last, let id = number(field, UInt16.self),
          let length = number(field + 2, UInt16.self)
        {
          if id == 1, length >= 8, field + 12 <= last { size = number(field + 4, UInt64.self) ?? size }
          field += 4 + length
        }
      }
      entries.append(Entry(name: name, byteCount: size))
      offset += 46 + nameLength + extraLength + commentLength
    }
    self.entries = entries
  }
}
