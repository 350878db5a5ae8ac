internal import Files
internal import Foundation
internal import Tensors

/// Demonstrations in another format than those that are read, told by the files that each format has.
struct ForeignDataset {
  /// `an RLDS data set (TensorFlow Datasets)`
  let name: String
  /// What to do, where it is no matter of formats.
  let remedy: String?

  private init(_ name: String, _ remedy: String? = nil) {
    self.name = name
    self.remedy = remedy
  }

  /// What lies at `place`; `nil` when nothing tells.
  init?(at place: DatasetPlace) {
    guard let found = place.isFolder ? Self.folder(place.path, place.names) : Self.file(place.path) else {
      return nil
    }
    self = found
  }

  /// - Parameter read: the formats that are read.
  func error(_ path: String, read: String, cause: VLMError) -> VLMError {
    VLMError(
      .datasetForeign, "this is \(name)", file: path, remedy: remedy ?? "what is read: \(read)", cause: cause)
  }

  // MARK: Folders

  private static func folder(_ path: String, _ names: [String]) -> ForeignDataset? {
    if let found = kind(of: path, names) { return found }
    // What is wrong with a store is said by its reader.
    if isStore(names) { return nil }
    if let episode = names.first(where: { $0.hasSuffix(".hdf5") || $0.hasSuffix(".h5") }) {
      return file("\(path)/\(episode)")
    }
    // The hub's folders are one level down.
    for name in names.prefix(64) where !name.hasPrefix(".") {
      let inner = "\(path)/\(name)"
      let below = listing(inner)
      if below.contains("meta"), FileManager.default.fileExists(atPath: "\(inner)/meta/info.json") {
        return ForeignDataset("a folder with a LeRobot data set in it", "give \(inner)")
      }
      if isStore(below) || name.hasSuffix(".zarr.zip") {
        return ForeignDataset("a folder with a Zarr store in it", "give \(inner)")
      }
      if !below.isEmpty, let found = kind(of: inner, below) { return found }
    }
    if names.contains(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }) {
      return ForeignDataset("a checkpoint, not demonstrations", "are the checkpoint and --data swapped?")
    }
    let endings = [
      (".parquet", "a folder of Parquet tables"), (".npz", "a folder of NumPy archives"),
      (".pkl", "a folder of pickles, which can run code and are never loaded"),
      (".mcap", "a folder of ROS recordings"),
      (".bag", "a folder of ROS recordings"), (".mp4", "a folder of videos"),
      (".png", "a folder of pictures"),
      (".jpg", "a folder of pictures"),
    ]
    return endings.first { ending in names.contains { $0.hasSuffix(ending.0) } }.map { ForeignDataset($0.1) }
  }

  private static func kind(of path: String, _ names: [String]) -> ForeignDataset? {
    if names.contains(where: { $0.hasPrefix("episode_") && $0.hasSuffix(".npz") }) {
      return ForeignDataset("a CALVIN data set without its ep_start_end_ids.npy")
    }
    return nil
  }

  private static func isStore(_ names: [String]) -> Bool {
    names.contains(ZarrFile.mark) || names.contains(ZarrFile.markOfVersion3)
  }

  private static func listing(_ path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }

  // MARK: Files

  private static func file(_ path: String) -> ForeignDataset? {
    if let file = try? HDF5ArrayFile(path), let names = try? file.members(of: "/") { return hdf5(Set(names)) }
    // Of archives too.
    if path.hasSuffix(".zip") { return nil }
    if path.hasSuffix(".safetensors") {
      return ForeignDataset("a checkpoint, not demonstrations", "are the checkpoint and --data swapped?")
    }
    guard let kind = FileKind(at: path), kind.code != .fileIsHDF5 else { return nil }
    return ForeignDataset(kind.name)
  }

  /// HDF5 of other recorders, by the groups at its top.
  private static func hdf5(_ names: Set<String>) -> ForeignDataset? {
    if names.contains("data") { return nil }
    if names.contains("model_weights") || names.contains("layers")
      || names.contains("_layer_checkpoint_dependencies")
    {
      return ForeignDataset("weights of Keras, not demonstrations", "are the checkpoint and --data swapped?")
    }
    return nil
  }
}
