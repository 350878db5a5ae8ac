internal import Tensors

/// What stands before the elements of a NumPy array.
package struct NumPyHeader: Sendable {
  package let shape: [Int]
  package let type: NumPyType
  /// What the elements are, in NumPy's words.
  private let descr: String
  /// First index fastest.
  package let isFortran: Bool
  /// Bytes before the elements.
  package let byteCount: Int

  /// The longest header that is read; NumPy's own limit for files it is not told to trust.
  static let longest = 10_000

  /// - Parameter bytes: from the beginning of the file, with all of the header.
  /// - Throws: `numpy.magic`, `numpy.header`, `numpy.type`.
  init(parsing bytes: [UInt8], file: String, name: String?) throws(VLMError) {
    func wrong(_ code: VLMError.Code, _ message: String, at offset: Int, _ remedy: String? = nil) -> VLMError
    {
      VLMError(
        code, message, file: file, tensor: name, offset: offset,
        remedy: remedy ?? "the file is damaged; get it again")
    }
    // 93 "NUMPY", major, minor, length of the header in 2 bytes (version 1) or 4 (2 and 3).
    guard bytes.count >= 10, bytes.starts(with: [0x93] + "NUMPY".utf8) else {
      throw wrong(
        .numpyMagic, "it does not begin as a NumPy array does", at: 0, "this is another kind of file")
    }
    let wide = bytes[6] > 1
    guard (1...3).contains(bytes[6]), bytes[7] == 0, !wide || bytes.count >= 12 else {
      throw wrong(.numpyMagic, "it is of version \(bytes[6]).\(bytes[7]); what is read is 1.0 to 3.0", at: 6)
    }
    let first = wide ? 12 : 10
    let length =
      wide ? Int(bytes.littleEndian(UInt32.self, at: 8)) : Int(bytes.littleEndian(UInt16.self, at: 8))
    guard length <= Self.longest, length <= bytes.count - first else {
      throw wrong(
        .numpyHeader,
        "its header should be \(length) bytes long; \(bytes.count - first) are there, \(Self.longest) are read",
        at: 8)
    }
    var literal = NumPyHeaderLiteral(Array(bytes[first..<first + length]))
    guard let header = literal.header() else {
      throw wrong(
        .numpyHeader, "its header is not {'descr': …, 'fortran_order': …, 'shape': …}",
        at: first + literal.position)
    }
    guard let type = NumPyType(header.descr) else {
      throw wrong(
        .numpyType, "its elements are \(header.descr)", at: first,
        "what is read are integers, floats, booleans, texts and objects")
    }
    (shape, isFortran, byteCount) = (header.shape, header.isFortran, first + length)
    (self.type, descr) = (type, header.descr)
  }

  /// - Parameters:
  ///   - size: bytes of one element.
  ///   - count: bytes there are.
  func wrongSize(_ size: Int, of count: Int, file: String, name: String?) -> VLMError {
    let wanted = NumPyArray.byteCount(shape, size).map { "\($0)" } ?? "more than can exist"
    return VLMError(
      .numpySize, "\(descr) of shape \(shape) takes \(wanted) bytes, and there are \(count)",
      file: file, tensor: name, offset: byteCount, remedy: "the file is damaged; get it again")
  }
}

/// The header's text: a dictionary of Python's with three members, and nothing else of that language.
struct NumPyHeaderLiteral {
  private let text: [UInt8]
  private(set) var position = 0

  init(_ text: [UInt8]) { self.text = text }

  /// `nil` where it is anything else; `position` is then where.
  mutating func header() -> (descr: String, isFortran: Bool, shape: [Int])? {
    var (descr, isFortran, shape) = (String?.none, Bool?.none, [Int]?.none)
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":") else { return nil }
      switch key {
      case "descr" where descr == nil: descr = string()
      case "fortran_order" where isFortran == nil:
        isFortran = take("True") ? true : take("False") ? false : nil
      case "shape" where shape == nil: shape = tuple()
      default: return nil
      }
      guard take(",") || peek("}") else { return nil }
    }
    skipSpace()
    guard position == text.count, let descr, let isFortran, let shape else { return nil }
    return (descr, isFortran, shape)
  }

  private mutating func skipSpace() {
    while position < text.count, [0x20, 0x0a, 0x09, 0x0d].contains(text[position]) { position += 1 }
  }

  private mutating func peek(_ word: String) -> Bool {
    skipSpace()
    return text[position...].starts(with: word.utf8)
  }

  private mutating func take(_ word: String) -> Bool {
    guard peek(word) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func string() -> String? {
    skipSpace()
    guard position < text.count, text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"")
    else {
      return nil
    }
    let rest = text[(position + 1)...]
    guard let end = rest.firstIndex(of: text[position]), !rest[..<end].contains(UInt8(ascii: "\\")) else {
      return nil
    }
    position = end + 1
    return String(validating: rest[..<end], as: UTF8.self)
  }

  /// At most 32 extents, as NumPy before 2; with the `L` that Python 2 wrote behind some numbers.
  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var extents: [Int] = []
    while !take(")") {
      skipSpace()
      let digits = text[position...].prefix { (0x30...0x39).contains($0) }
      guard extents.count < 32, let extent = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      position += digits.count
      _ = take("L")
      extents.append(extent)
      guard take(",") || extents.count > 1 && peek(")") else { return nil }
    }
    return extents
  }
}
