package import Tensors

/// A tensor, data set or entry as any container lists it, whether or not this program knows its element type.
package struct ListedTensor: Sendable {
  package let name: String
  /// The element type in the container's own word: `BF16`, `Q4_K`, `compound`.
  package let type: String
  /// The type when elements are numbers that stand one after another; `nil` for blocks, texts and the like.
  package let dtype: DType?
  package let shape: Shape
  package let byteCount: Int
  package let file: String
  /// Whether its bytes can be asked for.
  package let isReadable: Bool

  init(
    name: String, type: String, dtype: DType?, shape: Shape, byteCount: Int, file: String,
    isReadable: Bool = true
  ) {
    self.name = name
    self.type = type
    self.dtype = dtype
    self.shape = shape
    self.byteCount = byteCount
    self.file = file
    self.isReadable = isReadable
  }
}

/// Anything that has tensors to list: what `inspect` looks at when no family is known.
package protocol TensorSource: Sendable {
  /// `safetensors`, `HDF5`, `PyTorch`, `GGUF`.
  var container: String { get }
  /// In order of name.
  var tensors: [ListedTensor] { get }
  /// What the file says besides: `__metadata__`, attributes, key-value pairs.
  var metadata: [String: String] { get }
  /// What to know of the listing: links that were not followed, data that is not read.
  var notes: [String] { get }

  /// Copies `range`, counted in bytes from the first of the tensor at `position` of `tensors`, into `destination`.
  func read(
    _ position: Int, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError)
}

/// Checkpoints that this program opens, one or several in a folder, as a source.
package struct CheckpointSource: TensorSource {
  package let container: String
  package let tensors: [ListedTensor]
  package let metadata: [String: String]
  package let notes: [String]
  private let readers: [any CheckpointReader]
  /// The reader of each tensor.
  private let owners: [Int]

  package init(_ reader: any CheckpointReader) { self.init([reader], notes: reader.notices.map(\.message)) }

  init(_ readers: [any CheckpointReader], notes: [String]) {
    let listed = readers.enumerated().flatMap { number, reader in
      reader.tensors.map { tensor in
        (
          number,
          ListedTensor(
            name: tensor.name, type: tensor.dtype.rawValue, dtype: tensor.dtype, shape: tensor.shape,
            byteCount: tensor.byteCount, file: reader.file(of: tensor.name))
        )
      }
    }.sorted { $0.1.name < $1.1.name }
    container =
      readers.compactMap { ($0 as? any WeightFile)?.container ?? ($0 as? ShardedCheckpoint)?.container }.first ?? "HDF5"
    tensors = listed.map(\.1)
    owners = listed.map(\.0)
    self.readers = readers
    self.notes = notes
    var metadata: [String: String] = [:]
    for reader in readers {
      let own = (reader as? any WeightFile)?.metadata ?? (reader as? ShardedCheckpoint)?.metadata ?? [:]
      metadata.merge(own) { first, _ in first }
    }
    self.metadata = metadata
  }

  package func read(
    _ position: Int, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    try readers[owners[position]].readBytes(of: tensors[position].name, range, into: destination)
  }
}
