package import Files
package import Tensors

/// A checkpoint on disk, whatever its container and however many files it is spread over.
///
/// Opening validates all headers; data is mapped or read only on demand. Descriptors are cheap to copy and keep.
package protocol CheckpointReader: Sendable {
  /// Every tensor, sorted by name; names are unique.
  var tensors: [TensorDescriptor] { get }

  /// What was chosen in the files or left out.
  var notices: [Notice] { get }

  /// What the files themselves say of the model, where a container does; else `config.json` does.
  var settings: JSONValue? { get }

  /// What the files themselves say in place of tokenizer and processor files, where a container does.
  var standIns: (any StandIns)? { get }

  /// The file that holds `name`, for messages and manifests.
  func file(of name: String) -> String

  /// All files that are read.
  var files: [String] { get }

  /// Lends the bytes of a tensor, in file order and little-endian, for the duration of `body`.
  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R

  /// Copies `range`, counted in bytes from the tensor's first, into `destination`.
  ///
  /// The way to stream: nothing stays mapped and a reused buffer stays in the cache.
  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError)
}

extension CheckpointReader {
  package var notices: [Notice] { [] }
  package var settings: JSONValue? { nil }
  package var standIns: (any StandIns)? { nil }
  package var files: [String] { Set(tensors.map { file(of: $0.name) }).sorted() }

  /// `withBytes` of a reader that makes a tensor as it is read.
  func withBytesRead<R>(
    of name: String, _ byteCount: Int, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { buffer.deallocate() }
    try readBytes(of: name, 0..<byteCount, into: buffer)
    return try body(UnsafeRawBufferPointer(buffer))
  }
}
