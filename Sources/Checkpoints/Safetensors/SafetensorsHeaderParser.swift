internal import Files
internal import Tensors

/// Reads the JSON of a safetensors header into entries; what the entries say together is checked by the caller.
struct SafetensorsHeaderParser {
  struct Entry {
    let name: String
    let dtype: DType
    let shape: Shape
    let begin: Int
    let end: Int
    /// Where the entry's name stands in the file.
    let offset: Int
  }

  private let file: String
  private let fileOffset: Int
  private var names: Set<String> = []
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String]?

  init(file: String, fileOffset: Int) {
    self.file = file
    self.fileOffset = fileOffset
  }

  mutating func parse(_ text: UnsafeRawBufferPointer) throws(VLMError) {
    // A real entry takes about 130 bytes; this only sets where the first allocation stands.
    names.reserveCapacity(min(text.count / 128, 1 << 16))
    entries.reserveCapacity(min(text.count / 128, 1 << 16))
    var scanner = JSONScanner(text, file: file, fileOffset: fileOffset)
    var parser = self
    try scanner.object { (scanner, key, keyOffset) throws(VLMError) in
      if key == "__metadata__" {
        try parser.parseMetadata(&scanner, at: keyOffset)
      } else {
        try parser.parseEntry(&scanner, name: key, at: keyOffset)
      }
    }
    try scanner.end()
    self = parser
  }

  private func failure(
    _ code: VLMError.Code, _ message: String, tensor: String? = nil, at offset: Int, remedy: String? = nil
  ) -> VLMError {
    VLMError(
      code, message, file: file, tensor: tensor, offset: offset,
      remedy: remedy ?? "the file is damaged or was written by faulty software; get it again")
  }

  private mutating func parseMetadata(_ scanner: inout JSONScanner, at keyOffset: Int) throws(VLMError) {
    guard metadata == nil else {
      throw failure(.headerDuplicateMetadata, "the header has a second __metadata__", at: keyOffset)
    }
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw failure(.headerMetadata, "__metadata__ must be an object of strings", at: keyOffset)
    }
    var values: [String: String] = [:]
    try scanner.object { (scanner, key, offset) throws(VLMError) in
      guard scanner.peek() == UInt8(ascii: "\"") else {
        throw failure(.headerMetadata, "in __metadata__, the value of \"\(key)\" is not a string", at: offset)
      }
      guard values.updateValue(try scanner.string(), forKey: key) == nil else {
        throw failure(.headerDuplicateField, "__metadata__ holds \"\(key)\" twice", at: offset)
      }
    }
    metadata = values
  }

  private mutating func parseEntry(
    _ scanner: inout JSONScanner, name: String, at keyOffset: Int
  ) throws(VLMError) {
    guard names.insert(name).inserted else {
      throw failure(
        .headerDuplicateName, "the header names this tensor twice", tensor: name, at: keyOffset,
        remedy: "two readers could see different data in it; get the file from a source you trust")
    }
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw failure(.headerEntry, "the header's entry is not an object", tensor: name, at: scanner.offset)
    }
    var dtype: DType?
    var shape: Shape?
    var offsets: (begin: Int, end: Int)?
    do throws(VLMError) {
      try scanner.object { (scanner, key, fieldOffset) throws(VLMError) in
        let known: Bool
        switch key {
        case "dtype":
          known = dtype != nil
          dtype = try parseDType(&scanner)
        case "shape":
          known = shape != nil
          shape = try parseShape(&scanner)
        case "data_offsets":
          known = offsets != nil
          offsets = try parseOffsets(&scanner)
        default:
          known = false
          try scanner.skipValue()
        }
        if known {
          throw failure(.headerDuplicateField, "\"\(key)\" stands twice in its entry", at: fieldOffset)
        }
      }
    } catch {
      var named = error
      named.tensor = name
      throw named
    }
    guard let dtype, let shape, let offsets else {
      let missing = dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw failure(.headerMissingField, "its entry has no \"\(missing)\"", tensor: name, at: keyOffset)
    }
    entries.append(
      Entry(
        name: name, dtype: dtype, shape: shape, begin: offsets.begin, end: offsets.end, offset: keyOffset))
  }

  private func parseDType(_ scanner: inout JSONScanner) throws(VLMError) -> DType {
    guard scanner.peek() == UInt8(ascii: "\"") else {
      throw failure(.headerDType, "\"dtype\" is not a string", at: scanner.offset)
    }
    let offset = scanner.offset
    let name = try scanner.string()
    guard let dtype = dtypesByName[name] else {
      throw failure(
        .headerDType, "no such dtype: \"\(name)\"", at: offset,
        remedy: "known are \(DType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return dtype
  }

  private func parseShape(_ scanner: inout JSONScanner) throws(VLMError) -> Shape {
    _ = scanner.peek()
    let offset = scanner.offset
    var dimensions: [Int] = []
    try scanner.array { (scanner) throws(VLMError) in
      guard dimensions.count < SafetensorsHeader.maximumRank else {
        throw failure(
          .headerRank, "the shape has more than \(SafetensorsHeader.maximumRank) extents", at: scanner.offset)
      }
      dimensions.append(try scanner.wholeNumber())
    }
    guard let shape = Shape(validating: dimensions) else {
      throw failure(.headerShapeOverflow, "the shape \(dimensions) is too large to exist", at: offset)
    }
    return shape
  }

  private func parseOffsets(_ scanner: inout JSONScanner) throws(VLMError) -> (begin: Int, end: Int) {
    _ = scanner.peek()
    let offset = scanner.offset
    var values: (begin: Int, end: Int) = (0, 0)
    var count = 0
    try scanner.array { (scanner) throws(VLMError) in
      let value = try scanner.wholeNumber()
      if count == 0 { values.begin = value } else { values.end = value }
      count += 1
      guard count <= 2 else {
        throw failure(.headerOffsets, "\"data_offsets\" must be two numbers", at: offset)
      }
    }
    guard count == 2 else {
      throw failure(.headerOffsets, "\"data_offsets\" must be two numbers", at: offset)
    }
    return values
  }
}

private let dtypesByName = Dictionary(uniqueKeysWithValues: DType.allCases.map { ($0.rawValue, $0) })
