internal import Files
package import Tensors

/// A shard index, `*.safetensors.index.json` or `*.bin.index.json`: which tensor stands in which file.
package struct ShardIndex: Sendable {
  package static let maximumByteCount = 100_000_000

  package let path: String
  /// Shard file names, bare and sorted.
  package let shards: [String]
  /// For each tensor the position of its shard in `shards`.
  package let shardOfTensor: [String: Int]

  /// Reads and validates an index file; opens no shard.
  ///
  /// - Parameter mayNamePickles: whether the shards are archives of torch.
  package init(_ path: String, mayNamePickles: Bool = false) throws(VLMError) {
    let file = try MappedFile(path)
    guard file.byteCount <= Self.maximumByteCount else {
      throw VLMError(.fileTooLarge, "an index of \(file.byteCount) bytes is not read", file: path)
    }
    do throws(VLMError) {
      try self.init(
        parsing: UnsafeRawBufferPointer(start: file.base, count: file.byteCount), path: path,
        mayNamePickles: mayNamePickles)
    } catch {
      throw FileKind(insteadOfJSON: file)?.error(path, wanted: "an index") ?? error
    }
    withExtendedLifetime(file) {}
  }

  package init(
    parsing bytes: UnsafeRawBufferPointer, path: String, mayNamePickles: Bool = false
  ) throws(VLMError) {
    var scanner = JSONScanner(bytes, file: path)
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw scanner.failure(.indexWeightMap, "an index must be a JSON object with a \"weight_map\"")
    }
    var numbers: [String: Int] = [:]
    var names: [String] = []
    var map: [String: Int]?
    try scanner.object { (scanner, key, keyOffset) throws(VLMError) in
      guard key == "weight_map" else { return try scanner.skipValue() }
      guard map == nil else {
        throw VLMError(.indexWeightMap, "\"weight_map\" stands twice", file: path, offset: keyOffset)
      }
      guard scanner.peek() == UInt8(ascii: "{") else {
        throw VLMError(.indexWeightMap, "\"weight_map\" is not an object", file: path, offset: scanner.offset)
      }
      var shardOfTensor: [String: Int] = [:]
      try scanner.object { (scanner, tensor, tensorOffset) throws(VLMError) in
        guard scanner.peek() == UInt8(ascii: "\"") else {
          throw VLMError(
            .indexWeightMap, "its shard is not a string", file: path, tensor: tensor, offset: scanner.offset)
        }
        let nameOffset = scanner.offset
        let shard = try scanner.string()
        var number = numbers[shard]
        if number == nil {
          try Self.checkBareName(shard, path: path, tensor: tensor, offset: nameOffset)
          if !mayNamePickles { try Self.refusePickle(shard, path: path, tensor: tensor, offset: nameOffset) }
          number = names.count
          numbers[shard] = number
          names.append(shard)
        }
        guard shardOfTensor.updateValue(number!, forKey: tensor) == nil else {
          throw VLMError(
            .indexDuplicateName, "the index names this tensor twice", file: path, tensor: tensor,
            offset: tensorOffset, remedy: "get the checkpoint from a source you trust")
        }
      }
      map = shardOfTensor
    }
    try scanner.end()
    guard let map else {
      throw VLMError(.indexWeightMap, "the index has no \"weight_map\"", file: path, offset: 0)
    }
    let sorted = names.sorted()
    let rank = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
    self.path = path
    shards = sorted
    shardOfTensor = map.mapValues { rank[names[$0]]! }
  }

  /// Refuses a shard name that could lead out of the index's own directory.
  static func checkBareName(
    _ name: String, path: String, tensor: String, offset: Int
  ) throws(VLMError) {
    let isBare =
      !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 255
      && !name.utf8.contains {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 || $0 == 0x7f
      }
    guard isBare else {
      throw VLMError(
        .indexFileName, "\"\(name)\" is not a plain file name", file: path, tensor: tensor, offset: offset,
        remedy: "shards must stand beside the index; get the checkpoint from a source you trust")
    }
  }

  /// Refuses an archive of torch in an index of other files.
  private static func refusePickle(
    _ name: String, path: String, tensor: String, offset: Int
  ) throws(VLMError) {
    guard FileKind.torchSuffixes.contains(where: name.hasSuffix) else { return }
    throw VLMError(
      .fileIsPickle, "the shard \(name) is a file of PyTorch, which this index does not join", file: path, tensor: tensor,
      offset: offset, remedy: "an index of such files is called pytorch_model.bin.index.json")
  }
}
