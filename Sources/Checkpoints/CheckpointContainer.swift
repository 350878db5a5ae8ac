internal import Files
internal import Foundation
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
  /// Whether a name is that of a file that belongs to another and is found by it.
  var isBeside: @Sendable (_ name: String) -> Bool = { _ in false }
  let openFile: Opening
  let openIndex: Opening

  /// In the order in which a directory is searched.
  static let all: [CheckpointContainer] = [.safetensors, .kerasWeights, .hdf5] + torch + [.gguf]

  static let safetensors = CheckpointContainer(
    suffix: ".safetensors", indexSuffix: ".safetensors.index.json", stem: "model",
    openFile: { (path) throws(VLMError) in try SafetensorsFile(path) },
    openIndex: { (path) throws(VLMError) in try ShardedCheckpoint(safetensorsIndex: path) })

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

  /// What `torch.save` writes, by each of its names.
  static let torch = FileKind.torchSuffixes.map { suffix in
    CheckpointContainer(
      suffix: suffix, indexSuffix: suffix + ".index.json", stem: "pytorch_model",
      openFile: { (path) throws(VLMError) in try TorchFile(path) },
      openIndex: { (path) throws(VLMError) in
        try ShardedCheckpoint(ShardIndex(path, mayNamePickles: true)) { (shard) throws(VLMError) in
          try TorchFile(shard)
        }
      })
  }

  /// What llama.cpp reads: the text model in a file, the image encoder in another beside it.
  static let gguf = CheckpointContainer(
    suffix: ".gguf", indexSuffix: ".gguf.index.json", stem: "model", isBeside: GGUFCheckpoint.isProjector,
    openFile: { (path) throws(VLMError) in try GGUFCheckpoint(path).decoded() },
    openIndex: { (path) throws(VLMError) in
      throw VLMError(
        .fileIsForeign, "no list joins GGUF files", file: path,
        remedy: "give the .gguf file of the text model")
    })

  /// What training programs keep beside the weights in files of torch: settings, states of optimizers and generators.
  private static let trainingState = [
    "training_args.", "optimizer.", "optimizer_", "scheduler.", "scheduler_", "scaler.", "rng_state",
    "random_states",
    "trainer_state.", "sampler.",
  ]

  /// Whether a name is one that a file with tensors of the model has in this container.
  func names(_ name: String) -> Bool {
    name.hasSuffix(suffix) && !name.hasPrefix(".") && !name.hasPrefix(WeightSets.adapterWeights)
      && !Self.trainingState.contains { name.hasPrefix($0) }
  }

  /// Whether a name is one that the list of a checkpoint in several files has in this container.
  func namesIndex(_ name: String) -> Bool { name.hasSuffix(indexSuffix) && !name.hasPrefix(".") }

  /// The checkpoint of this container among the files of a directory; `nil` when there is none.
  ///
  /// - Throws: `directory.ambiguous` when there are several and none has the usual name.
  func open(in directory: String, _ names: [String]) throws(VLMError) -> (any CheckpointReader)? {
    let prefix = directory.hasSuffix("/") ? directory : directory + "/"
    if names.contains(stem + suffix) { return try openFile(prefix + stem + suffix) }
    let indexes = names.filter(namesIndex)
    if let index = indexes.first(where: { $0 == stem + indexSuffix })
      ?? (indexes.count == 1 ? indexes[0] : nil)
    {
      return try openIndex(prefix + index)
    }
    // DeepSpeed's checkpoints are folders that end in .ckpt.
    let all = names.filter { self.names($0) && !Self.isFolder(prefix + $0) }
    let alone = all.filter { !isBeside($0) }
    let files = alone.isEmpty ? all : alone
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

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }
}
