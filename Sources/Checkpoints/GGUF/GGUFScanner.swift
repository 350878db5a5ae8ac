internal import Tensors

/// Goes through the bytes of a GGUF header once; each read is checked against the end of the file.
struct GGUFScanner {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  var left: Int { bytes.count - offset }

  func failure(
    _ code: VLMError.Code, _ message: String, tensor: String? = nil, at offset: Int, remedy: String? = nil
  ) -> VLMError {
    VLMError(
      code, message, file: file, tensor: tensor, offset: offset,
      remedy: remedy ?? "the file is damaged or was written by faulty software; get it again")
  }

  /// Steps over `count` bytes that begin at the offset returned.
  @discardableResult
  mutating func skip(_ count: Int, _ what: String) throws(VLMError) -> Int {
    guard count <= left else {
      throw failure(
        .ggufTruncated, "the file ends within \(what)", at: bytes.count,
        remedy: "the download or copy was cut short; repeat it")
    }
    defer { offset += count }
    return offset
  }

  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self, _ what: String
  ) throws(VLMError) -> Number {
    let start = try skip(MemoryLayout<Number>.size, what)
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
  }

  /// A count of things that take `smallest` bytes each at least, so that it cannot be more than the file has room for.
  mutating func count(of smallest: Int, _ what: String) throws(VLMError) -> Int {
    let start = offset
    let value = try number(UInt64.self, "the number of \(what)")
    guard value <= UInt64(left / smallest) else {
      throw failure(.ggufCount, "\(value) \(what) are more than the file has room for", at: start)
    }
    return Int(value)
  }

  /// A length and so many bytes of UTF-8.
  mutating func text(_ what: String) throws(VLMError) -> String {
    let range = try textRange(what)
    guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
      throw failure(.ggufText, "\(what) is not valid UTF-8", at: range.lowerBound)
    }
    return text
  }

  /// Where the bytes of a text stand.
  mutating func textRange(_ what: String) throws(VLMError) -> Range<Int> {
    let start = offset
    let length = try number(UInt64.self, "the length of \(what)")
    guard length <= UInt64(left) else {
      throw failure(
        .ggufTruncated, "\(what) would be \(length) bytes long, more than the file has", at: start)
    }
    let first = try skip(Int(length), what)
    return first..<offset
  }

  /// The bytes of `range` as text, mended where they are no UTF-8: vocabularies hold pieces of characters.
  func mended(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
