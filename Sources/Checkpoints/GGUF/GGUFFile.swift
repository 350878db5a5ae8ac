internal import Files
package import Tensors

/// A GGUF file: its validated header, and the bytes of its tensors.
package struct GGUFFile: TensorSource {
  package let container = "GGUF"
  package let header: GGUFHeader
  package let tensors: [ListedTensor]
  let path: String
  let mapped: MappedFile
  private let ranges: [Range<Int>]

  package init(_ path: String) throws(VLMError) {
    let file = try MappedFile(path)
    let bytes = UnsafeRawBufferPointer(start: file.base, count: file.byteCount)
    guard bytes.starts(with: "GGUF".utf8) else {
      throw FileKind(file)?.error(path, wanted: "GGUF")
        ?? VLMError(
          .fileIsForeign, "this is no GGUF file", file: path, remedy: "check the path, or get it again")
    }
    header = try GGUFHeader(parsing: bytes, file: path)
    self.path = path
    mapped = file
    let sorted = header.entries.sorted { $0.name < $1.name }
    ranges = sorted.map(\.dataRange)
    tensors = sorted.map { entry in
      ListedTensor(
        name: entry.name, type: entry.type.name, dtype: entry.type.dtype, shape: entry.shape,
        byteCount: entry.dataRange.count, file: path)
    }
  }

  package var metadata: [String: String] {
    Dictionary(header.metadata.map { ($0.key, "\($0.value)") }) { first, _ in first }
  }

  /// A value of the metadata with all that is in it; arrays that were not kept are read again.
  func whole(_ key: String) throws(VLMError) -> GGUFValue? {
    guard let range = header.shortened[key] else { return header.value(key) }
    let bytes = try mapped.resident(range)
    return try withExtendedLifetime(bytes) { () throws(VLMError) in
      var scanner = GGUFScanner(bytes.bytes, file: path)
      return try GGUFValue(&scanner, key: key, keepingAll: true)
    }
  }

  /// Of what kind of model it is; `clip` is an image encoder with its projector.
  var architecture: String? {
    if case .text(let name)? = header.value("general.architecture") { name } else { nil }
  }

  package var notes: [String] {
    [
      "GGUF version \(header.version); extents are given outermost first, the other way round than in the file."
    ]
  }

  package func read(
    _ position: Int, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let whole = ranges[position]
    precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "range outside the tensor")
    let start = whole.lowerBound + range.lowerBound
    try mapped.read(start..<start + range.count, into: destination)
  }
}
