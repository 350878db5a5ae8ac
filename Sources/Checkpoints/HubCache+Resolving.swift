package import Files
internal import Foundation
package import Tensors

extension HubCache {
  /// Returns `path` as it is, or the snapshot directory that an `hf://` name of a model stands for.
  package static func resolve(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) -> String {
    if let snapshot = try snapshot(path, of: .model, environment: environment) { return snapshot }
    // What people paste is the name alone.
    let names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard names.count == 2, names.allSatisfy(isPlainName), !FileManager.default.fileExists(atPath: path),
      !CheckpointContainer.all.contains(where: {
        path.hasSuffix($0.suffix) || path.hasSuffix($0.indexSuffix)
      })
    else { return path }
    throw VLMError(
      .fileNotFound, "no such file or directory", file: path,
      remedy: (NearestNames.suggestion(forPath: path).map { $0 + " Or " } ?? "check the path, or ")
        + "write hf://\(path) for a model of the hub")
  }
}

extension InputPaths {
  /// What a user named: files, folders with all that is in them, models and data sets of the hub cache.
  package init(named names: [String]) {
    var (folders, files): ([String], [String]) = ([], [])
    for name in names.flatMap({ name in LoRAAdapter.parts(of: name).map { [$0.base, $0.adapter] } ?? [name] }) {
      let path = (try? HubCache.snapshot(name, of: .dataset)) ?? (try? HubCache.resolve(name)) ?? name
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      if isDirectory.boolValue { folders.append(path) } else { files.append(path) }
    }
    self.init(folders: folders, files: files)
  }
}
