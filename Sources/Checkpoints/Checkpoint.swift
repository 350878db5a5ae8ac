internal import Files
internal import Foundation
package import Tensors

/// Opens a checkpoint, whatever it is made of.
package enum Checkpoint {
  /// Opens a file, the index of a checkpoint in several files, or a directory that holds one checkpoint.
  ///
  /// Known are safetensors, the HDF5 weights of Keras 3 (`.weights.h5`, `.weights.json`), of older Keras (`.h5`) and
  /// of Hugging Face's TensorFlow models (`tf_model.h5`), archives of PyTorch (`.bin`, `.pt`, `.pth`, `.ckpt`), whose pickles
  /// are read and never run, and GGUF files. A directory is searched in this order, and in each for the
  /// usual name first (`model.safetensors`), then for an index, then for a single file. Only headers are read: the time
  /// does not depend on the size of the data.
  ///
  /// - Throws: `VLMError` naming file, tensor and byte offset when anything is missing or malformed.
  package static func open(_ path: String) throws(VLMError) -> any CheckpointReader {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      return try openDirectory(path)
    }
    for container in CheckpointContainer.all where path.hasSuffix(container.indexSuffix) {
      return try container.openIndex(path)
    }
    for container in CheckpointContainer.all where path.hasSuffix(container.suffix) {
      return try container.openFile(path)
    }
    do throws(VLMError) {
      if path.hasSuffix(".keras") { throw FileKind.keras.error(path, wanted: "a checkpoint") }
      // Whatever else it is called, what it is not is said best by the reader of safetensors.
      return path.hasSuffix(".index.json")
        ? try ShardedCheckpoint(safetensorsIndex: path) : try SafetensorsFile(path)
    } catch {
      throw withDirectory(error, of: path)
    }
  }

  /// The error of a file that is no weights, with the directory to give when it stands in a checkpoint.
  private static func withDirectory(_ error: VLMError, of path: String) -> VLMError {
    let isWithin = [.fileIsForeign, .headerTooLarge, .headerTooShort, .headerTruncated].contains(error.code)
    guard isWithin, let directory = NearbyCheckpoints.above(path) else { return error }
    var error = error
    error.remedy = "give the checkpoint's directory: \(directory)"
    return error
  }

  /// Names the data of a checkpoint without reading it: its files with size, time and inode.
  ///
  /// Part of what an interrupted conversion must find unchanged to go on; see `AtomicDirectory`.
  package static func identity(of checkpoint: any CheckpointReader) -> String {
    let hash = SHA256()
    for file in checkpoint.files { hash.update(stateOf: file) }
    return hash.finish()
  }

  private static func openDirectory(_ path: String) throws(VLMError) -> any CheckpointReader {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw VLMError(.fileUnreadable, "you may not list this directory", file: path, cause: error)
    }
    try WeightSets.refuseLoneAdapter(names, in: path)
    for container in CheckpointContainer.all {
      if let reader = try container.open(in: path, names) { return reader }
    }
    throw nothingToOpen(names, in: path)
  }

  private static func nothingToOpen(_ names: [String], in path: String) -> VLMError {
    func first(_ suffixes: String...) -> String? {
      names.first { name in suffixes.contains(where: name.hasSuffix) }
    }
    let prefix = path.hasSuffix("/") ? path : path + "/"
    let below = NearbyCheckpoints.below(path).map { prefix + $0 }
    if !below.isEmpty {
      return VLMError(
        .directoryHasNoCheckpoint,
        below.count == 1
          ? "the weights are not in this directory, but in one below it"
          : "the weights are not in this directory, but in \(below.count) below it", file: path,
        remedy: (below.count == 1 ? "give " : "give one of ") + below.prefix(4).joined(separator: ", ")
          + (below.count > 4 ? ", …" : ""))
    }
    if let archive = first(".keras") {
      return VLMError(
        .fileIsKerasArchive, "\(archive) is \(FileKind.keras.name)", file: path, remedy: FileKind.keras.remedy
      )
    }
    for name in names {
      guard let kind = FileKind.foreignWeights.first(where: { name.hasSuffix($0.suffix) }) else { continue }
      return VLMError(
        .directoryHasNoCheckpoint, "the only weights in the directory are \(name), \(kind.name)", file: path,
        remedy: kind.remedy)
    }
    return VLMError(
      .directoryHasNoCheckpoint,
      "the directory holds no *.safetensors, no HDF5 weights and no weights of PyTorch",
      file: path,
      remedy: NearbyCheckpoints.above(prefix).map { "the directory above has weights: give \($0)" }
        ?? "give the directory or file of a checkpoint")
  }
}
