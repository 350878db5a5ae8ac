package import Tensors

/// The validated header of a GGUF file: metadata, and what tensor is where, with every rule of
/// `formats/containers/gguf.md` checked.
package struct GGUFHeader: Sendable {
  package struct Entry: Sendable {
    package let name: String
    package let type: GGMLType
    /// Outermost first, the other way round than in the file.
    package let shape: Shape
    /// Where the tensor's bytes stand in the file.
    package let dataRange: Range<Int>
  }

  package static let mostExtents = 4
  package static let longestKey = 65_535
  package static let largestAlignment = 1 << 20

  package let version: Int
  /// In the order in which they stand in the file.
  package let metadata: [(key: String, value: GGUFValue)]
  /// Where the values stand of which not all was kept.
  let shortened: [String: Range<Int>]
  package let entries: [Entry]

  /// Parses and validates the header of a file; no data byte is read.
  package init(parsing bytes: UnsafeRawBufferPointer, file: String) throws(VLMError) {
    var scanner = GGUFScanner(bytes, file: file)
    try scanner.skip(4, "its signature")
    version = try Self.version(&scanner)
    // A tensor takes a name's length, a number of extents, a type and an offset; a pair a key's length and a type.
    let tensorCount = try scanner.count(of: 24, "tensors")
    let pairCount = try scanner.count(of: 13, "metadata pairs")
    (metadata, shortened) = try Self.pairs(&scanner, pairCount)
    let alignment = try Self.alignment(metadata, scanner)
    var infos: [Info] = []
    var names: Set<String> = []
    for _ in 0..<tensorCount {
      let info = try Info(&scanner)
      guard names.insert(info.name).inserted else {
        throw scanner.failure(
          .ggufDuplicateName, "the header names this tensor twice", tensor: info.name, at: info.offset,
          remedy: "two readers could see different data in it; get the file from a source you trust")
      }
      infos.append(info)
    }
    let dataStart = Self.aligned(scanner.offset, alignment) ?? bytes.count
    entries = try Self.layout(
      infos, from: dataStart, alignment: alignment, fileByteCount: bytes.count, scanner)
  }

  private static func version(_ scanner: inout GGUFScanner) throws(VLMError) -> Int {
    let start = scanner.offset
    let version = try scanner.number(UInt32.self, "its version")
    guard version == 2 || version == 3 else {
      let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
      throw scanner.failure(
        .ggufVersion, isSwapped ? "the file is big-endian" : "version \(version) is neither 2 nor 3",
        at: start,
        remedy: version == 1
          ? "convert the original model again with today's llama.cpp"
          : "make a little-endian file of version 3")
    }
    return Int(version)
  }

  private static func pairs(
    _ scanner: inout GGUFScanner, _ count: Int
  ) throws(VLMError) -> (pairs: [(key: String, value: GGUFValue)], shortened: [String: Range<Int>]) {
    var pairs: [(key: String, value: GGUFValue)] = []
    var shortened: [String: Range<Int>] = [:]
    var keys: Set<String> = []
    for _ in 0..<count {
      let start = scanner.offset
      let key = try scanner.text("a key")
      guard (1...longestKey).contains(key.utf8.count) else {
        throw scanner.failure(
          .ggufKey, "a key of \(key.utf8.count) bytes is not between 1 and \(longestKey)", at: start)
      }
      guard keys.insert(key).inserted else {
        throw scanner.failure(.ggufDuplicateKey, "the key \(key) stands twice", at: start)
      }
      let place = scanner.offset
      let value = try GGUFValue(&scanner, key: key, keepingAll: key.hasPrefix(GGUFValue.ownPrefix))
      if case .array(let count, let first) = value, count != first.count { shortened[key] = place..<scanner.offset }
      pairs.append((key, value))
    }
    return (pairs, shortened)
  }

  private static func alignment(
    _ metadata: [(key: String, value: GGUFValue)], _ scanner: GGUFScanner
  ) throws(VLMError) -> Int {
    guard let value = metadata.first(where: { $0.key == "general.alignment" })?.value else { return 32 }
    guard case .unsigned(let number) = value, (1...UInt64(largestAlignment)).contains(number),
      number & (number - 1) == 0
    else {
      throw scanner.failure(
        .ggufAlignment, "general.alignment is \(value), not a power of two up to \(largestAlignment)",
        at: scanner.offset)
    }
    return Int(number)
  }

  private static func aligned(_ offset: Int, _ alignment: Int) -> Int? {
    let (sum, overflow) = offset.addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum & ~(alignment - 1)
  }

  /// What the header says of one tensor.
  private struct Info {
    let name: String
    let type: GGMLType
    let shape: Shape
    let byteCount: Int
    /// From the beginning of the data.
    let begin: Int
    /// Where it stands in the header.
    let offset: Int

    init(_ scanner: inout GGUFScanner) throws(VLMError) {
      offset = scanner.offset
      let name = try scanner.text("a tensor's name")
      func refuse(_ code: VLMError.Code, _ message: String, _ scanner: GGUFScanner) -> VLMError {
        scanner.failure(code, message, tensor: name, at: scanner.offset)
      }
      let rank = try scanner.number(UInt32.self, "the shape of \(name)")
      guard rank <= mostExtents else {
        throw refuse(.ggufRank, "the shape has \(rank) extents, more than \(mostExtents)", scanner)
      }
      var extents: [Int] = []
      for _ in 0..<rank {
        extents.append(Int(clamping: try scanner.number(UInt64.self, "the shape of \(name)")))
      }
      guard let shape = Shape(validating: extents.reversed()) else {
        throw refuse(.ggufShapeOverflow, "the shape \(extents) is too large to exist", scanner)
      }
      let number = try scanner.number(UInt32.self, "the type of \(name)")
      guard let type = GGMLType(number) else {
        throw refuse(.ggufTensorType, "ggml has no element type \(number)", scanner)
      }
      guard (extents.first ?? 1) % type.blockCount == 0 else {
        throw refuse(
          .ggufPartialBlock,
          "rows of \(extents.first ?? 1) elements are no whole blocks of \(type.blockCount) (\(type.name))",
          scanner)
      }
      let (byteCount, overflow) = (shape.count / type.blockCount).multipliedReportingOverflow(
        by: type.blockByteCount)
      guard !overflow else {
        throw refuse(.ggufShapeOverflow, "the shape \(shape) is too large to exist", scanner)
      }
      let place = try scanner.number(UInt64.self, "the place of \(name)")
      guard let begin = Int(exactly: place) else {
        throw refuse(.ggufOffset, "its data begins at \(place), beyond any file", scanner)
      }
      self.begin = begin
      (self.name, self.type, self.shape, self.byteCount) = (name, type, shape, byteCount)
    }
  }

  /// Checks that the tensors tile the data, each at a multiple of the alignment.
  private static func layout(
    _ infos: [Info], from dataStart: Int, alignment: Int, fileByteCount: Int, _ scanner: GGUFScanner
  ) throws(VLMError) -> [Entry] {
    func refuse(_ code: VLMError.Code, _ info: Info, _ message: String, remedy: String? = nil) -> VLMError {
      scanner.failure(code, message, tensor: info.name, at: info.offset, remedy: remedy)
    }
    let room = max(0, fileByteCount - dataStart)
    var entries: [Entry] = []
    var end = 0
    for info in infos.sorted(by: { ($0.begin, $0.byteCount) < ($1.begin, $1.byteCount) }) {
      guard info.begin % alignment == 0 else {
        throw refuse(
          .ggufOffset, info, "its data begins at \(info.begin), no multiple of the alignment \(alignment)")
      }
      guard info.begin >= end else {
        throw refuse(
          .ggufOverlap, info,
          "its data begins at \(info.begin), within the tensor before it, which ends at \(end)")
      }
      guard info.begin - end < alignment else {
        throw refuse(
          .ggufGap, info, "its data begins at \(info.begin), but the tensor before it ends at \(end)")
      }
      guard info.byteCount <= room, info.begin <= room - info.byteCount else {
        throw refuse(
          .ggufDataTruncated, info,
          "its \(info.byteCount) bytes begin at \(info.begin), but the file holds \(room) bytes of data",
          remedy: "the download or copy was cut short; repeat it")
      }
      end = info.begin + info.byteCount
      entries.append(
        Entry(
          name: info.name, type: info.type, shape: info.shape,
          dataRange: dataStart + info.begin..<dataStart + end))
    }
    guard room - end < alignment else {
      throw scanner.failure(.ggufGap, "\(room - end) bytes follow the last tensor", at: dataStart + end)
    }
    return entries
  }
}
