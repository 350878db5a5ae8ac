internal import Foundation
public import Tensors

/// Opens a checkpoint, whatever it is made of.
public enum Checkpoint {
  /// Opens a safetensors file, a `*.index.json`, or a directory that holds one checkpoint.
  ///
  /// In a directory `model.safetensors` is taken first, then a `*.safetensors.index.json`, then a single
  /// `*.safetensors`. Only headers are read: the time does not depend on the size of the data.
  ///
  /// - Throws: `VLMError` naming file, tensor and byte offset when anything is missing or malformed.
  public static func open(_ path: String) throws(VLMError) -> any CheckpointReader {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      return try openDirectory(path)
    }
    if path.hasSuffix(".index.json") { return try ShardedSafetensors(index: path) }
    return try SafetensorsFile(path)
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
    let prefix = path.hasSuffix("/") ? path : path + "/"
    if names.contains("model.safetensors") { return try SafetensorsFile(prefix + "model.safetensors") }

    let indexes = names.filter { $0.hasSuffix(".safetensors.index.json") && !$0.hasPrefix(".") }
    let preferred = indexes.filter { $0 == "model.safetensors.index.json" }
    if let index = preferred.first ?? (indexes.count == 1 ? indexes[0] : nil) {
      return try ShardedSafetensors(index: prefix + index)
    }
    let files = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
    if indexes.isEmpty, files.count == 1 { return try SafetensorsFile(prefix + files[0]) }
    guard indexes.isEmpty, files.isEmpty else {
      let candidates = indexes.isEmpty ? files : indexes
      throw VLMError(
        .directoryIsAmbiguous,
        "the directory holds \(candidates.count) checkpoints: \(candidates.prefix(4).joined(separator: ", "))"
          + (candidates.count > 4 ? ", …" : ""),
        file: path, remedy: "give the path of the one you mean, or add the missing index")
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
    if let gguf = first(".gguf") {
      return VLMError(
        .fileIsGGUF, "\(gguf) is a GGUF file; safetensors are read", file: path,
        remedy: "give the original safetensors checkpoint")
    }
    return VLMError(
      .directoryHasNoCheckpoint, "the directory holds no *.safetensors", file: path,
      remedy: "give the directory or file of a checkpoint")
  }
}
