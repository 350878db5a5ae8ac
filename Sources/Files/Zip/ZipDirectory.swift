internal import Tensors

/// A file of an archive, as the directory has it.
struct ZipEntry: Sendable {
  let name: String
  let isDeflated: Bool
  let packedSize: Int
  let size: Int
  let checksum: UInt32
  /// Whether sizes and checksum follow the data, so that the header before it does not have them.
  let isStreamed: Bool
  /// Where the header before the data stands.
  let place: Int
  /// Where the next header or the directory begins.
  fileprivate(set) var end: Int

  /// Where the data stands, once the header before it has been found to say the same.
  func data(in file: MappedFile) throws(VLMError) -> Range<Int> {
    func wrong(_ message: String) -> VLMError {
      VLMError(
        .zipHeader, message, file: file.path, tensor: name, offset: place,
        remedy: "the archive is damaged; get it again")
    }
    guard end - place >= 30 else { throw wrong("there is no room for the header before its data") }
    let head = try file.bytes(place..<place + 30)
    guard head.littleEndian(UInt32.self, at: 0) == 0x0403_4b50 else {
      throw wrong("the header before its data is not there")
    }
    let (nameCount, extraCount) = (
      Int(head.littleEndian(UInt16.self, at: 26)), Int(head.littleEndian(UInt16.self, at: 28))
    )
    guard end - place - 30 >= nameCount + extraCount else {
      throw wrong("the header before its data has no room for its name")
    }
    let rest = try file.bytes(place + 30..<place + 30 + nameCount + extraCount)
    let method = head.littleEndian(UInt16.self, at: 8)
    var sizes = [
      UInt64(head.littleEndian(UInt32.self, at: 22)), UInt64(head.littleEndian(UInt32.self, at: 18)),
    ]
    ZipDirectory.widen(&sizes, by: rest[nameCount...])
    guard rest.prefix(nameCount).elementsEqual(name.utf8), method == (isDeflated ? 8 : 0),
      isStreamed
        || sizes == [UInt64(size), UInt64(packedSize)] && head.littleEndian(UInt32.self, at: 14) == checksum
    else { throw wrong("the header before its data says something else than the directory") }
    let start = place + 30 + nameCount + extraCount
    guard end - start >= packedSize else { throw wrong("its data reaches into what follows") }
    return start..<start + packedSize
  }
}

/// The list of files at the end of an archive.
///
///     end of the directory (22 bytes and a comment): PK 5 6, two numbers of a disk, entries twice, size, place, length of the comment
///     where a number is too large for it, and in archives of torch always, before it: PK 6 7 with the place of PK 6 6, the same
///     in 64 bits
struct ZipDirectory {
  private(set) var entries: [ZipEntry] = []

  init(_ file: MappedFile) throws(VLMError) {
    let range = try Self.find(in: file)
    let bytes = try file.bytes(range.place)
    func wrong(_ message: String, at place: Int) -> VLMError {
      VLMError(
        .zipDirectory, message, file: file.path, tensor: "entry \(entries.count)",
        offset: range.place.lowerBound + place, remedy: "the archive is damaged; get it again")
    }
    var position = 0
    while position < bytes.count {
      guard bytes.count - position >= 46, bytes.littleEndian(UInt32.self, at: position) == 0x0201_4b50 else {
        throw wrong("there is no entry of the directory", at: position)
      }
      func number(_ offset: Int) -> Int { Int(bytes.littleEndian(UInt16.self, at: position + offset)) }
      func long(_ offset: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: position + offset) }
      let (nameCount, extraCount, commentCount) = (number(28), number(30), number(32))
      let end = position + 46 + nameCount + extraCount + commentCount
      guard end <= bytes.count else { throw wrong("an entry goes on past the directory", at: position) }
      let nameBytes = bytes[position + 46..<position + 46 + nameCount]
      guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty else {
        throw VLMError(
          .zipName, "the name of a file is not UTF-8", file: file.path, tensor: "entry \(entries.count)",
          offset: range.place.lowerBound + position)
      }
      let (flags, method) = (number(8), number(10))
      guard flags & 1 == 0, method == 0 || method == 8 else {
        throw VLMError(
          .zipMethod, flags & 1 == 0 ? "it is packed by method \(method)" : "it is encrypted",
          file: file.path,
          tensor: name, offset: range.place.lowerBound + position,
          remedy: "what is read is stored and deflated")
      }
      var sizes = [UInt64(long(24)), UInt64(long(20)), UInt64(long(42))]
      Self.widen(&sizes, by: bytes[position + 46 + nameCount..<end - commentCount])
      let start = UInt64(range.place.lowerBound)
      guard sizes[1] <= start, sizes[2] < start, sizes[0] <= UInt64(Int.max >> 1) else {
        throw wrong(
          "\(name) should have \(sizes[1]) bytes from byte \(sizes[2]) on, where there are not as many",
          at: position)
      }
      guard method == 8 || sizes[0] == sizes[1] else {
        throw wrong("\(name) is not packed, and yet \(sizes[1]) bytes should be \(sizes[0])", at: position)
      }
      entries.append(
        ZipEntry(
          name: name, isDeflated: method == 8, packedSize: Int(sizes[1]), size: Int(sizes[0]),
          checksum: long(16),
          isStreamed: flags & 8 != 0, place: Int(sizes[2]), end: range.place.lowerBound))
      position = end
    }
    guard entries.count == range.count else {
      throw wrong(
        "there are \(entries.count) entries, and the end of the directory says \(range.count)", at: position)
    }
    try endAtNeighbours(file)
  }

  /// Two files may not share bytes: a small archive could then unpack to any size.
  private mutating func endAtNeighbours(_ file: MappedFile) throws(VLMError) {
    let order = entries.indices.sorted { entries[$0].place < entries[$1].place }
    for (index, next) in zip(order, order.dropFirst()) {
      let entry = entries[index]
      guard entry.place < entries[next].place else {
        throw VLMError(
          .zipDirectory, "\(entry.name) and \(entries[next].name) begin at one place", file: file.path,
          tensor: entry.name, offset: entry.place)
      }
      entries[index].end = entries[next].place
    }
  }

  /// Where the directory stands, and how many entries it should have.
  private static func find(in file: MappedFile) throws(VLMError) -> (place: Range<Int>, count: Int) {
    func wrong(
      _ message: String, _ remedy: String = "the download or copy was cut short, or it is no zip archive"
    ) -> VLMError {
      VLMError(.zipEnd, message, file: file.path, offset: file.byteCount, remedy: remedy)
    }
    let start = max(0, file.byteCount - 22 - 0xffff)
    let tail = try file.bytes(start..<file.byteCount)
    let found = stride(from: tail.count - 22, through: 0, by: -1).first { place in
      tail.littleEndian(UInt32.self, at: place) == 0x0605_4b50
        && place + 22 + Int(tail.littleEndian(UInt16.self, at: place + 20)) == tail.count
    }
    guard let place = found else { throw wrong("the end of the archive is not there") }
    func number(_ offset: Int) -> UInt16 { tail.littleEndian(UInt16.self, at: place + offset) }
    func long(_ offset: Int) -> UInt32 { tail.littleEndian(UInt32.self, at: place + offset) }
    var (count, size, first) = (UInt64(number(10)), UInt64(long(12)), UInt64(long(16)))
    var end = start + place
    guard number(4) == 0, number(6) == 0, number(8) == number(10) else {
      throw wrong("it is one of several parts of an archive", "join them first (zip -s 0)")
    }
    // A directory that ends right before its end has nothing between.
    let isWide = count == 0xffff || size == 0xffff_ffff || first == 0xffff_ffff
    if isWide || first.addingReportingOverflow(size).partialValue != UInt64(end) {
      guard isWide || first + size + 76 == UInt64(end) else {
        throw wrong("its directory should be \(size) bytes from byte \(first) on, and ends at \(end)")
      }
      guard end >= 20 + 56 else { throw wrong("there is no room for its end in 64 bits") }
      let locator = try file.bytes(end - 20..<end)
      let record = locator.littleEndian(UInt64.self, at: 8)
      guard locator.littleEndian(UInt32.self, at: 0) == 0x0706_4b50, record == UInt64(end - 20 - 56) else {
        throw wrong("its end in 64 bits is not where it should be")
      }
      let wide = try file.bytes(end - 76..<end - 20)
      guard wide.littleEndian(UInt32.self, at: 0) == 0x0606_4b50 else {
        throw wrong("its end in 64 bits is not where it should be")
      }
      let long = (
        count: wide.littleEndian(UInt64.self, at: 32), size: wide.littleEndian(UInt64.self, at: 40),
        first: wide.littleEndian(UInt64.self, at: 48)
      )
      guard count == 0xffff || count == long.count, size == 0xffff_ffff || size == long.size,
        first == 0xffff_ffff || first == long.first
      else { throw wrong("its end says something else in 64 bits") }
      (count, size, first) = long
      end -= 76
    }
    // The directory is the last thing before its end.
    guard size <= UInt64(end), first == UInt64(end) - size, count <= size / 46 else {
      throw wrong("its directory should be \(size) bytes from byte \(first) on, and ends at \(end)")
    }
    return (Int(first)..<end, Int(count))
  }

  /// Puts the 64-bit numbers of the extra field 1 in place of those that are 0xffffffff, in their order.
  static func widen(_ numbers: inout [UInt64], by extra: ArraySlice<UInt8>) {
    let extra = Array(extra)
    var position = 0
    while position + 4 <= extra.count {
      let (id, count) = (
        extra.littleEndian(UInt16.self, at: position), Int(extra.littleEndian(UInt16.self, at: position + 2))
      )
      position += 4
      guard position + count <= extra.count else { return }
      if id == 1 {
        var place = position
        for index in numbers.indices where numbers[index] == 0xffff_ffff && place + 8 <= position + count {
          numbers[index] = extra.littleEndian(UInt64.self, at: place)
          place += 8
        }
        return
      }
      position += count
    }
  }
}
