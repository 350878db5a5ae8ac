internal import Tensors

/// A container that checkpoints come in: what its files are called, and what opens them.
struct CheckpointContainer: Sendable {
  typealias Opening = @Sendable (_ path: String) throws(VLMError) -> any CheckpointReader

  /// What the name of a file with all tensors ends in.
  let suffix: String
  /// What the name of the list of a checkpoint in several files ends in.
  let indexSuffix: String
  /// What comes before either in the file that a directory is opened by, when there are others.
  let stem: String
  let openFile: Opening
  let openIndex: Opening

  /// In the order in which a directory is searched.
  static let all: [CheckpointContainer] = [.safetensors, .kerasWeights, .hdf5]

  static let safetensors = CheckpointContainer(
    suffix: ".safetensors", indexSuffix: ".safetensors.index.json", stem: "model",
    openFile: { (path) throws(VLMError) in try SafetensorsFile(path) },
    openIndex: { (path) throws(VLMError) in try ShardedSafetensors(index: path) })

  /// Keras 3, KerasHub presets.
  static let kerasWeights = CheckpointContainer(
    suffix: ".weights.h5", indexSuffix: ".weights.json", stem: "model",
    openFile: { (path) throws(VLMError) in try HDF5Weights(path) },
    openIndex: { (path) throws(VLMError) in try HDF5Weights(kerasMap: path) })

  /// Keras before 3, and Hugging Face's TensorFlow models.
  static let hdf5 = CheckpointContainer(
    suffix: ".h5", indexSuffix: ".h5.index.json", stem: "tf_model",
    openFile: { (path) throws(VLMError) in try HDF5Weights(path) },
    openIndex: { (path) throws(VLMError) in try HDF5Weights(transformersIndex: path) })

  /// The checkpoint of this container among the files of a directory; `nil` when there is none.
  ///
  /// - Throws: `directory.ambiguous` when there are several and none has the usual name.
  func open(in directory: String, _ names: [String]) throws(VLMError) -> (any CheckpointReader)? {
    let prefix = directory.hasSuffix("/") ? directory : directory + "/"
    if names.contains(stem + suffix) { return try openFile(prefix + stem + suffix) }
    let indexes = names.filter { $0.hasSuffix(indexSuffix) && !$0.hasPrefix(".") }
    if let index = indexes.first(where: { $0 == stem + indexSuffix })
      ?? (indexes.count == 1 ? indexes[0] : nil)
    {
      return try openIndex(prefix + index)
    }
    let files = names.filter {
      $0.hasSuffix(suffix) && !$0.hasPrefix(".") && !$0.hasPrefix(WeightSets.adapterWeights)
    }
    if indexes.isEmpty, files.count == 1 { return try openFile(prefix + files[0]) }
    let candidates = indexes.isEmpty ? files : indexes
    guard candidates.isEmpty else {
      throw VLMError(
        .directoryIsAmbiguous,
        "the directory holds \(candidates.count) checkpoints: \(candidates.prefix(4).joined(separator: ", "))"
          + (candidates.count > 4 ? ", …" : ""),
        file: directory, remedy: "give the path of the one you mean, or add the missing index")
    }
    return nil
  }
}
