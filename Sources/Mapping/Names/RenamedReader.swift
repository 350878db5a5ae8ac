internal import Checkpoints
internal import Tensors

/// A reader whose tensors have other names in their files.
protocol StoredNames {
  /// The tensors under the names that the files have, none left out.
  var storedReader: any CheckpointReader { get }

  func storedName(_ name: String) -> String
}

/// A checkpoint whose tensors go by other names, and some of which are left out.
struct RenamedReader<Base: CheckpointReader>: CheckpointReader, StoredNames {
  private let base: Base
  /// By the names given here.
  private let stored: [String: String]
  let tensors: [TensorDescriptor]

  /// - Parameter plain: the name of every tensor that is not left out, by its stored name.
  init(_ base: Base, _ plain: [String: String]) {
    self.base = base
    stored = Dictionary(uniqueKeysWithValues: plain.map { ($1, $0) })
    tensors = base.tensors.compactMap { tensor in
      plain[tensor.name].map { TensorDescriptor(name: $0, dtype: tensor.dtype, shape: tensor.shape) }
    }.sorted { $0.name < $1.name }
  }

  var storedReader: any CheckpointReader { base }

  func storedName(_ name: String) -> String {
    guard let stored = stored[name] else { preconditionFailure("no tensor \(name)") }
    return stored
  }

  var files: [String] { base.files }

  func file(of name: String) -> String { base.file(of: storedName(name)) }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try base.withBytes(of: storedName(name), body)
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    try base.readBytes(of: storedName(name), range, into: destination)
  }
}

extension RenamedReader: ResidentReader where Base: ResidentReader {
  func resident(_ name: String) throws(VLMError) -> ResidentBytes { try base.resident(storedName(name)) }
}

extension CheckpointReader {
  /// The same tensors under other names; those that have none are left out.
  func renamed(_ plain: [String: String]) -> any CheckpointReader { RenamedReader(self, plain) }
}
