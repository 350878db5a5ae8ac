package import Tensors

/// The validated header of one safetensors file: what is where, with every rule of
/// `formats/containers/safetensors.md` checked.
package struct SafetensorsHeader: Sendable {
  package struct Entry: Sendable {
    package let descriptor: TensorDescriptor
    /// Where the tensor's bytes stand in the file.
    package let dataRange: Range<Int>
  }

  /// Longest header that is read; the reference library's limit too.
  package static let maximumByteCount = 100_000_000
  /// Most extents a shape may have; NumPy's and PyTorch's limit too.
  package static let maximumRank = 64

  /// In the order in which the data stands in the file.
  package let entries: [Entry]
  package let metadata: [String: String]
  /// The first byte of the data in the file: 8 + header length.
  package let dataStart: Int

  /// Parses and validates the header of a file.
  ///
  /// - Parameters:
  ///   - bytes: the file from its first byte, at least up to the end of the header where the file is that long.
  ///   - fileByteCount: the size of the whole file; data bytes are not looked at.
  ///   - file: the file's name, for messages.
  package init(parsing bytes: UnsafeRawBufferPointer, fileByteCount: Int, file: String) throws(VLMError) {
    let text = try Self.text(of: bytes, fileByteCount: fileByteCount, file: file)
    var parser = SafetensorsHeaderParser(file: file, fileOffset: 8)
    try parser.parse(text)
    dataStart = 8 + text.count
    metadata = parser.metadata ?? [:]
    entries = try Self.validateLayout(
      parser.entries, dataStart: dataStart, fileByteCount: fileByteCount, file: file)
  }

  /// The JSON text of the header, once the eight bytes before it have been found sound.
  private static func text(
    of bytes: UnsafeRawBufferPointer, fileByteCount: Int, file: String
  ) throws(VLMError) -> UnsafeRawBufferPointer {
    guard fileByteCount >= 8, bytes.count >= 8 else {
      throw VLMError(
        .headerTooShort, "\(fileByteCount) bytes are too few for a safetensors file", file: file,
        remedy: "download or write it again")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumByteCount) else {
      throw VLMError(
        .headerTooLarge,
        "it does not begin as safetensors does, with the length of a header of at most 100,000,000 bytes",
        file: file, remedy: "this is another kind of file, or it is damaged")
    }
    let count = Int(length)
    guard count <= fileByteCount - 8, count <= bytes.count - 8 else {
      throw VLMError(
        .headerTruncated,
        "the header should be \(count) bytes long, but the file ends after \(fileByteCount - 8)",
        file: file, offset: fileByteCount, remedy: "the download or copy was cut short; repeat it")
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<8 + count])
    guard text.first == UInt8(ascii: "{") else {
      throw VLMError(
        .headerStart, "the header does not begin with '{'", file: file, offset: 8,
        remedy: "this is not a safetensors file, or it is damaged")
    }
    return text
  }

  /// Checks that the tensors tile the data exactly, each with as many bytes as its shape and dtype say.
  private static func validateLayout(
    _ parsed: [SafetensorsHeaderParser.Entry], dataStart: Int, fileByteCount: Int, file: String
  ) throws(VLMError) -> [Entry] {
    let dataByteCount = fileByteCount - dataStart
    var ordered = parsed
    // Files are written in data order, so this is one pass as a rule.
    if !zip(ordered, ordered.dropFirst()).allSatisfy({ ($0.begin, $0.end) <= ($1.begin, $1.end) }) {
      ordered.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    }
    func failure(
      _ code: VLMError.Code, _ entry: SafetensorsHeaderParser.Entry, _ message: String, remedy: String? = nil
    ) -> VLMError {
      VLMError(
        code, message, file: file, tensor: entry.name, offset: entry.offset,
        remedy: remedy ?? "the file is damaged or was written by faulty software; get it again")
    }

    var entries: [Entry] = []
    entries.reserveCapacity(ordered.count)
    var end = 0
    for entry in ordered {
      guard entry.begin <= entry.end else {
        throw failure(
          .layoutReversed, entry, "its data begins at \(entry.begin) and ends before that, at \(entry.end)")
      }
      guard let byteCount = entry.shape.byteCount(of: entry.dtype) else {
        let overflow = entry.shape.count.multipliedReportingOverflow(by: entry.dtype.bits).overflow
        throw overflow
          ? failure(.headerShapeOverflow, entry, "the shape \(entry.shape) is too large to exist")
          : failure(
            .layoutPartialByte, entry,
            "\(entry.shape.count) elements of \(entry.dtype.rawValue) do not fill whole bytes")
      }
      guard byteCount == entry.end - entry.begin else {
        throw failure(
          .layoutSizeMismatch, entry,
          "\(entry.dtype.rawValue) \(entry.shape) needs \(byteCount) bytes, but the header gives it "
            + "\(entry.end - entry.begin)")
      }
      guard entry.begin >= end else {
        throw failure(
          .layoutOverlap, entry,
          "its data begins at \(entry.begin), within the tensor before it, which ends at \(end)")
      }
      guard entry.begin == end else {
        throw failure(
          .layoutGap, entry, "its data begins at \(entry.begin), but the tensor before it ends at \(end)")
      }
      guard entry.end <= dataByteCount else {
        throw failure(
          .layoutTruncated, entry,
          "its data ends at \(entry.end), but the file holds \(dataByteCount) bytes of data",
          remedy: "the download or copy was cut short; repeat it")
      }
      end = entry.end
      entries.append(
        Entry(
          descriptor: TensorDescriptor(name: entry.name, dtype: entry.dtype, shape: entry.shape),
          dataRange: dataStart + entry.begin..<dataStart + entry.end))
    }
    guard end == dataByteCount else {
      throw VLMError(
        .layoutTrailingData, "\(dataByteCount - end) bytes follow the last tensor", file: file,
        offset: dataStart + end, remedy: "the file is damaged or was written by faulty software; get it again"
      )
    }
    return entries
  }
}
