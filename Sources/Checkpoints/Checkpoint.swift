internal import Foundation
public import Tensors

/// Opens a checkpoint, whatever it is made of.
public enum Checkpoint {
  /// Opens a file, the index of a checkpoint in several files, or a directory that holds one checkpoint.
  ///
  /// Known are safetensors, and the HDF5 weights of Keras 3 (`.weights.h5`, `.weights.json`), of older Keras (`.h5`) and
  /// of Hugging Face's TensorFlow models (`tf_model.h5`). A directory is searched in this order, and in each for the
  /// usual name first (`model.safetensors`), then for an index, then for a single file. Only headers are read: the time
  /// does not depend on the size of the data.
  ///
  /// - Throws: `VLMError` naming file, tensor and byte offset when anything is missing or malformed.
  public static func open(_ path: String) throws(VLMError) -> any CheckpointReader {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      return try openDirectory(path)
    }
    if path.hasSuffix(".keras") { throw kerasArchive(path.lastPathPart, file: path) }
    for container in CheckpointContainer.all where path.hasSuffix(container.indexSuffix) {
      return try container.openIndex(path)
    }
    for container in CheckpointContainer.all where path.hasSuffix(container.suffix) {
      return try container.openFile(path)
    }
    // Whatever else it is called, what it is not is said best by the reader of safetensors.
    return path.hasSuffix(".index.json") ? try ShardedSafetensors(index: path) : try SafetensorsFile(path)
  }

  /// Names the data of a checkpoint without reading it: its files with size, time and inode.
  ///
  /// Part of what an interrupted conversion must find unchanged to go on; see `AtomicDirectory`.
  package static func identity(of checkpoint: any CheckpointReader) -> String {
    let files = Set(checkpoint.tensors.map { checkpoint.file(of: $0.name) }).sorted()
    let hash = SHA256()
    for file in files {
      var status = stat()
      stat(file, &status)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      hash.update("\(file) \(status.st_size) \(status.st_ino) \(time.tv_sec).\(time.tv_nsec)\n")
    }
    return hash.finish()
  }

  private static func openDirectory(_ path: String) throws(VLMError) -> any CheckpointReader {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw VLMError(.fileUnreadable, "you may not list this directory", file: path, cause: error)
    }
    for container in CheckpointContainer.all {
      if let reader = try container.open(in: path, names) { return reader }
    }
    throw nothingToOpen(names, in: path)
  }

  private static func nothingToOpen(_ names: [String], in path: String) -> VLMError {
    func first(_ suffixes: String...) -> String? {
      names.first { name in suffixes.contains(where: name.hasSuffix) }
    }
    if let pickle = first(".bin", ".bin.index.json", ".pt", ".pth", ".ckpt") {
      return VLMError(
        .fileIsPickle, "\(pickle) is a PyTorch pickle, which can run code and is never loaded", file: path,
        remedy: "save the model again with save_pretrained(safe_serialization=True)")
    }
    if let archive = first(".keras") { return kerasArchive(archive, file: path) }
    if let gguf = first(".gguf") {
      return VLMError(
        .fileIsGGUF, "\(gguf) is a GGUF file; safetensors and HDF5 weights are read", file: path,
        remedy: "give the original safetensors checkpoint")
    }
    return VLMError(
      .directoryHasNoCheckpoint, "the directory holds no *.safetensors and no HDF5 weights",
      file: path,
      remedy: "give the directory or file of a checkpoint")
  }
  private static func kerasArchive(_ name: String, file: String) -> VLMError {
    VLMError(
      .fileIsKerasArchive, "\(name) is a zip archive, whose layers could bring code along", file: file,
      remedy: "take config.json and model.weights.h5 out of it (unzip), and give their directory")
  }
}
