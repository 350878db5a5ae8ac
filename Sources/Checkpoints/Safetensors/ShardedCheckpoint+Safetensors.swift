internal import Tensors

extension ShardedCheckpoint {
  /// Opens a safetensors index and every shard it names, and checks each against the other.
  convenience init(safetensorsIndex path: String) throws(VLMError) {
    try self.init(ShardIndex(path)) { (shard) throws(VLMError) in try SafetensorsFile(shard) }
  }
}
