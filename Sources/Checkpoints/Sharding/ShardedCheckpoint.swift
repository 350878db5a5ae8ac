internal import Files
package import Tensors

/// A checkpoint spread over several files of one container by an index.
package final class ShardedCheckpoint: CheckpointReader, ResidentReader {
  typealias Opening = (_ path: String) throws(VLMError) -> any WeightFile

  package let tensors: [TensorDescriptor]
  private let shards: [any WeightFile]
  private let shardOfTensor: [String: Int]

  /// Opens the index and every shard it names and checks each against the other.
  init(_ index: ShardIndex, opening: Opening) throws(VLMError) {
    let path = index.path
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var shards: [any WeightFile] = []
    for name in index.shards { shards.append(try Self.open(directory + name, index: index, opening)) }

    var all: [TensorDescriptor] = []
    all.reserveCapacity(index.shardOfTensor.count)
    for (number, shard) in shards.enumerated() {
      for tensor in shard.tensors {
        guard let indexed = index.shardOfTensor[tensor.name] else {
          throw VLMError(
            .indexUnindexedTensor, "the index does not name this tensor", file: shard.path,
            tensor: tensor.name,
            remedy: "shards and index are from different checkpoints; get both again")
        }
        if indexed != number {
          throw Self.misplaced(tensor.name, in: shard, indexed: shards[indexed])
        }
        all.append(tensor)
      }
    }
    // Each tensor found was indexed in that very shard, so the counts differ only by tensors not found.
    if all.count != index.shardOfTensor.count {
      let found = Set(all.map(\.name))
      let missing = index.shardOfTensor.keys.filter { !found.contains($0) }.min()!
      let shard = shards[index.shardOfTensor[missing]!]
      throw VLMError(
        .indexMissingTensor, "the index says \(shard.path.lastPathPart) holds this tensor, but it does not",
        file: path, tensor: missing, remedy: "shards and index are from different checkpoints; get both again"
      )
    }
    self.shards = shards
    shardOfTensor = index.shardOfTensor
    tensors = all.sorted { $0.name < $1.name }
  }

  private static func open(
    _ path: String, index: ShardIndex, _ opening: Opening
  ) throws(VLMError) -> any WeightFile {
    do throws(VLMError) {
      return try opening(path)
    } catch {
      guard error.code == .fileNotFound else { throw error }
      let shard = path.lastPathPart
      let count = index.shards.count
      throw VLMError(
        .indexMissingShard, "the shard \(shard), one of \(count) named in the index, is not there",
        file: index.path, tensor: index.shardOfTensor.filter { index.shards[$0.value] == shard }.keys.min(),
        remedy: "download \(shard) into the same directory", cause: error)
    }
  }

  private static func misplaced(
    _ tensor: String, in shard: any WeightFile, indexed: any WeightFile
  ) -> VLMError {
    indexed.contains(tensor)
      ? VLMError(
        .indexDuplicateTensor, "\(indexed.path.lastPathPart) holds this tensor too", file: shard.path,
        tensor: tensor, remedy: "two readers could see different data; get the checkpoint again")
      : VLMError(
        .indexWrongShard, "the index says this tensor is in \(indexed.path.lastPathPart)", file: shard.path,
        tensor: tensor, remedy: "shards and index are from different checkpoints; get both again")
  }

  /// As of the first shard.
  package var container: String { shards.first?.container ?? "" }

  package var notices: [Notice] { shards.flatMap(\.notices) }

  /// The shards' metadata together; where they differ, the first's.
  package var metadata: [String: String] {
    shards.reduce(into: [:]) { all, shard in all.merge(shard.metadata) { first, _ in first } }
  }

  private func shard(of name: String) -> any WeightFile {
    guard let number = shardOfTensor[name] else { preconditionFailure("no tensor \(name)") }
    return shards[number]
  }

  package func file(of name: String) -> String { shard(of: name).path }

  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try shard(of: name).withBytes(of: name, body)
  }

  package func resident(_ name: String) throws(VLMError) -> ResidentBytes {
    try shard(of: name).resident(name)
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    try shard(of: name).readBytes(of: name, range, into: destination)
  }
}
