internal import Files
package import Tensors

extension HDF5Weights {
  /// The tensors of a Hugging Face `tf_model.h5`: the old Keras layout, with the model's own name in front of each weight.
  ///
  /// That name is TensorFlow's (`tfclip_model`, with `_1` for the second model a program makes), so it is dropped, as
  /// transformers does.
  static func transformers(_ file: HDF5File, _ root: HDF5Group) throws(VLMError) -> HDF5Tensors {
    try HDF5Tensors(file, try legacyWeights(root).map { (transformersName($0.weight), $0.dataset) })
  }

  /// `tfclip_model/clip/logit_scale:0` is `clip/logit_scale`: without the model, and without TensorFlow's output number.
  static func transformersName(_ weight: String) -> String {
    let rest = weight.firstIndex(of: "/").map { weight[weight.index(after: $0)...] } ?? weight[...]
    return String(rest.hasSuffix(":0") ? rest.dropLast(2) : rest)
  }

  /// Opens Hugging Face TensorFlow weights in several files by their `tf_model.h5.index.json`.
  ///
  /// The index has the names with the model in front, the files mostly without.
  package convenience init(transformersIndex path: String) throws(VLMError) {
    let index = try ShardIndex(path)
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var files: [HDF5Tensors] = []
    for (number, shard) in index.shards.enumerated() {
      let indexed = index.shardOfTensor.filter { $0.value == number }.keys.sorted()
      let file = try Self.openShard(directory + shard, of: path, naming: indexed.first)
      let datasets = Dictionary(uniqueKeysWithValues: try file.datasets().map { ($0.path, $0) })
      var named: [(name: String, dataset: HDF5Dataset)] = []
      var used: Set<String> = []
      for name in indexed {
        let short = name.firstIndex(of: "/").map { String(name[$0...]) } ?? "/\(name)"
        guard let dataset = datasets["/" + name] ?? datasets[short] else {
          throw VLMError(
            .indexMissingTensor, "the index says \(shard) holds this tensor, but it does not", file: path,
            tensor: name, remedy: "shards and index are from different checkpoints; get both again")
        }
        used.insert(dataset.path)
        named.append((Self.transformersName(name), dataset))
      }
      if let surplus = datasets.keys.filter({ !used.contains($0) }).min() {
        throw VLMError(
          .indexUnindexedTensor, "the index does not name this tensor", file: file.path, tensor: surplus,
          remedy: "shards and index are from different checkpoints; get both again")
      }
      files.append(try HDF5Tensors(file, named))
    }
    try self.init(files, path: path)
  }
}
