internal import Files
package import Tensors

extension HDF5Weights {
  /// The tensors of a Keras 3 `.weights.h5`: `layers/dense/vars/0` is the first variable of the layer at that path.
  ///
  /// Keras 2.13 wrote `_layer_checkpoint_dependencies` for `layers`; the names are today's, as in Keras's own reader.
  static func keras(_ file: HDF5File) throws(VLMError) -> HDF5Tensors {
    try HDF5Tensors(file, try file.datasets().map { (kerasName(of: $0.path), $0) })
  }

  static func kerasName(of path: String) -> String {
    path.split(separator: "/").map { $0 == "_layer_checkpoint_dependencies" ? "layers" : $0 }
      .joined(separator: "/")
  }

  /// Opens Keras weights in several files, `X.weights.json` with `X_00000.weights.h5`, and checks each against
  /// the other.
  ///
  /// The map says for each layer (`/layers/dense/vars`) in which file, or files, its variables are.
  package convenience init(kerasMap path: String) throws(VLMError) {
    let map = try KerasShardMap(path)
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var files: [HDF5Tensors] = []
    var found: Set<KerasShardMap.Place> = []
    for shard in map.shards {
      let file = try Self.openShard(directory + shard, of: path, naming: map.anyLayer(in: shard))
      for dataset in try file.datasets() {
        let layer = String(dataset.path[..<(dataset.path.lastIndex(of: "/") ?? dataset.path.startIndex)])
        let place = KerasShardMap.Place(layer: layer, shard: shard)
        guard map.places.contains(place) else {
          throw VLMError(
            .indexUnindexedTensor, "the map does not say that this file holds it", file: file.path,
            tensor: Self.kerasName(of: dataset.path),
            remedy: "shards and map are from different checkpoints; get both again")
        }
        found.insert(place)
      }
      files.append(try Self.keras(file))
    }
    if let missing = map.places.subtracting(found).min(by: { $0.layer < $1.layer }) {
      throw VLMError(
        .indexMissingTensor, "the map says \(missing.shard) holds this layer's variables, but it does not",
        file: path, tensor: missing.layer,
        remedy: "shards and map are from different checkpoints; get both again")
    }
    try self.init(files, path: path)
  }

  /// Opens a shard that an index or map names.
  static func openShard(
    _ path: String, of index: String, naming tensor: String?
  ) throws(VLMError) -> HDF5File {
    do throws(VLMError) {
      return try HDF5File(path)
    } catch {
      guard error.code == .fileNotFound else { throw error }
      throw VLMError(
        .indexMissingShard, "the shard \(path.lastPathPart) is not there", file: index, tensor: tensor,
        remedy: "download \(path.lastPathPart) into the same directory", cause: error)
    }
  }
}
