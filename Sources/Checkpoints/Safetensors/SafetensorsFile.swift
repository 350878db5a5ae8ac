package import Files
package import Tensors

/// One safetensors file: validated header, mapped data.
package final class SafetensorsFile: WeightFile {
  package let path: String
  package let tensors: [TensorDescriptor]
  /// The header's `__metadata__`.
  package let metadata: [String: String]
  package var container: String { "safetensors" }
  private let file: MappedFile
  private let ranges: [String: Range<Int>]

  /// Opens and validates; no data byte is read.
  ///
  /// - Throws: any `checkpoints.file`, `checkpoints.json`, `checkpoints.header` or `checkpoints.layout` error.
  package init(_ path: String) throws(VLMError) {
    let file = try MappedFile(path)
    let header: SafetensorsHeader
    do throws(VLMError) {
      header = try SafetensorsHeader(
        parsing: UnsafeRawBufferPointer(start: file.base, count: file.byteCount),
        fileByteCount: file.byteCount,
        file: path)
    } catch {
      throw FileKind(file)?.error(path) ?? error
    }
    var ranges: [String: Range<Int>] = Dictionary(minimumCapacity: header.entries.count)
    for entry in header.entries { ranges[entry.descriptor.name] = entry.dataRange }
    self.path = path
    self.file = file
    self.ranges = ranges
    metadata = header.metadata
    let inDataOrder = header.entries.map(\.descriptor)
    let isSorted = zip(inDataOrder, inDataOrder.dropFirst()).allSatisfy { $0.name < $1.name }
    tensors = isSorted ? inDataOrder : inDataOrder.sorted { $0.name < $1.name }
  }

  package func file(of name: String) -> String { path }

  /// Where the bytes of `name` stand in the file; traps when there is no such tensor.
  package func dataRange(of name: String) -> Range<Int> {
    guard let range = ranges[name] else { preconditionFailure("\(path) has no tensor \(name)") }
    return range
  }

  package func contains(_ name: String) -> Bool { ranges[name] != nil }

  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try file.withBytes(dataRange(of: name), body)
  }

  package func resident(_ name: String) throws(VLMError) -> ResidentBytes {
    try file.resident(dataRange(of: name))
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let whole = dataRange(of: name)
    precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "range outside \(name)")
    let start = whole.lowerBound + range.lowerBound
    try file.read(start..<start + range.count, into: destination)
  }
}

extension OutputPlace.Kind {
  /// Safetensors, by the key `writer` of its metadata.
  package static let safetensors = OutputPlace.Kind(couldBeRead: true) { path in
    (try? SafetensorsFile(path))?.metadata["writer"] == writer
  }
}
