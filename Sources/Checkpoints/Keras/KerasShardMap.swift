internal import Files
internal import Tensors

/// A Keras shard map, `X.weights.json`: which layers' variables stand in which file.
struct KerasShardMap {
  /// A layer's group, such as `/layers/dense/vars`, and a file with variables of it.
  struct Place: Hashable {
    let layer: String
    let shard: String
  }

  /// Bare file names, sorted.
  let shards: [String]
  let places: Set<Place>

  /// Reads and validates a map; opens no shard.
  init(_ path: String) throws(VLMError) {
    let file = try MappedFile(path)
    guard file.byteCount <= ShardIndex.maximumByteCount else {
      throw VLMError(.fileTooLarge, "a map of \(file.byteCount) bytes is not read", file: path)
    }
    do throws(VLMError) {
      try self.init(parsing: UnsafeRawBufferPointer(start: file.base, count: file.byteCount), path: path)
    } catch {
      throw FileKind(insteadOfJSON: file)?.error(path, wanted: "a shard map") ?? error
    }
    withExtendedLifetime(file) {}
  }

  init(parsing bytes: UnsafeRawBufferPointer, path: String) throws(VLMError) {
    var scanner = JSONScanner(bytes, file: path)
    func refuse(_ message: String, _ layer: String? = nil, at offset: Int) -> VLMError {
      VLMError(.indexWeightMap, message, file: path, tensor: layer, offset: offset)
    }
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw scanner.failure(.indexWeightMap, "a shard map must be a JSON object with a \"weight_map\"")
    }
    var places: Set<Place> = []
    var layers: Set<String>?
    try scanner.object { (scanner, key, keyOffset) throws(VLMError) in
      guard key == "weight_map" else { return try scanner.skipValue() }
      guard layers == nil else { throw refuse("\"weight_map\" stands twice", at: keyOffset) }
      guard scanner.peek() == UInt8(ascii: "{") else {
        throw refuse("\"weight_map\" is not an object", at: scanner.offset)
      }
      var seen: Set<String> = []
      try scanner.object { (scanner, layer, layerOffset) throws(VLMError) in
        guard seen.insert(layer).inserted else {
          throw VLMError(
            .indexDuplicateName, "the map names this layer twice", file: path, tensor: layer,
            offset: layerOffset, remedy: "get the checkpoint from a source you trust")
        }
        func addShard(_ scanner: inout JSONScanner) throws(VLMError) {
          guard scanner.peek() == UInt8(ascii: "\"") else {
            throw refuse("its shard is not a string", layer, at: scanner.offset)
          }
          let offset = scanner.offset
          let shard = try scanner.string()
          try ShardIndex.checkBareName(shard, path: path, tensor: layer, offset: offset)
          places.insert(Place(layer: layer, shard: shard))
        }
        if scanner.peek() == UInt8(ascii: "[") {
          try scanner.array { (scanner) throws(VLMError) in try addShard(&scanner) }
        } else {
          try addShard(&scanner)
        }
      }
      layers = seen
    }
    try scanner.end()
    guard layers != nil else { throw refuse("the map has no \"weight_map\"", at: 0) }
    self.places = places
    shards = Set(places.map(\.shard)).sorted()
  }

  /// A layer that `shard` is to hold, for messages.
  func anyLayer(in shard: String) -> String? {
    places.lazy.filter { $0.shard == shard }.map(\.layer).min()
  }
}
