package import Files
internal import Foundation
package import Tensors

extension VLMError.Code {
  package static let hubName = Self("checkpoints.hub.name")
  package static let hubNotCached = Self("checkpoints.hub.not-cached")
}

/// Finds models in the local Hugging Face cache by `hf://org/name[@revision]`.
///
/// The layout is huggingface_hub's: `models--org--name/refs/<revision>` holds a commit, `snapshots/<commit>/` the files.
/// `HF_HUB_CACHE`, then `HF_HOME`, then `XDG_CACHE_HOME` say where the cache is. Nothing is downloaded.
package enum HubCache {
  /// Returns `path` as it is, or the snapshot directory that an `hf://` name stands for.
  package static func resolve(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) -> String {
    guard path.hasPrefix("hf://") else {
      if let address = webAddress(path) { throw address }
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
          + "write hf://\(path) for a model in the local hub cache")
    }
    let parts = path.dropFirst(5).split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let revision = parts.count == 2 ? String(parts[1]) : "main"
    guard names.count == 2, names.allSatisfy(isPlainName),
      revision.split(separator: "/").allSatisfy({ isPlainName(String($0)) }),
      !revision.isEmpty
    else {
      throw VLMError(
        .hubName, "not a model name", file: path, remedy: "write hf://org/name or hf://org/name@revision")
    }
    let model = cacheDirectory(environment).appending(path: "models--\(names[0])--\(names[1])")
    let reference = try? String(contentsOf: model.appending(path: "refs/\(revision)"), encoding: .utf8)
    let commit = reference?.trimmingCharacters(in: .whitespacesAndNewlines) ?? revision
    let snapshot = model.appending(path: "snapshots/\(commit)")
    guard isPlainName(commit), FileManager.default.fileExists(atPath: snapshot.path) else {
      throw VLMError(
        .hubNotCached, "not in the local hub cache \(cacheDirectory(environment).path)", file: path,
        remedy: "fetch it with: hf download \(names[0])/\(names[1])"
          + (parts.count == 2 ? " --revision \(revision)" : ""))
    }
    return snapshot.path
  }

  /// What to write instead of an address on the web; `nil` for a path.
  private static func webAddress(_ path: String) -> VLMError? {
    let isAddress = path.hasPrefix("https://") || path.hasPrefix("http://")
    let rest = isAddress ? path.drop { $0 != ":" }.dropFirst(3) : path[...]
    let parts = rest.split { $0 == "/" || $0 == "?" || $0 == "#" }.map(String.init)
    let isHub = parts.first.map { ["huggingface.co", "www.huggingface.co", "hf.co"].contains($0) } ?? false
    guard isAddress || isHub && !FileManager.default.fileExists(atPath: path) else { return nil }
    guard isHub, parts.count >= 3, parts[1...2].allSatisfy(isPlainName) else {
      return VLMError(
        .hubName, "nothing is downloaded", file: path,
        remedy: "download it, and give its directory; of a model in the hub cache write hf://org/name")
    }
    let hasRevision =
      parts.count >= 5 && ["tree", "blob", "resolve"].contains(parts[3]) && parts[4] != "main"
    let name = "\(parts[1])/\(parts[2])"
    let revision = hasRevision ? parts[4] : nil
    return VLMError(
      .hubName, "nothing is downloaded", file: path,
      remedy:
        "write hf://\(name)\(revision.map { "@\($0)" } ?? "") for the model in the local hub cache, which "
        + "`hf download \(name)\(revision.map { " --revision \($0)" } ?? "")` fetches")
  }

  private static func cacheDirectory(_ environment: [String: String]) -> URL {
    if let cache = environment["HF_HUB_CACHE"], !cache.isEmpty { return URL(filePath: cache) }
    if let home = environment["HF_HOME"], !home.isEmpty { return URL(filePath: home).appending(path: "hub") }
    if let xdg = environment["XDG_CACHE_HOME"], !xdg.isEmpty {
      return URL(filePath: xdg).appending(path: "huggingface/hub")
    }
    let home = environment["HOME"].map { URL(filePath: $0) } ?? URL(filePath: NSHomeDirectory())
    return home.appending(path: ".cache/huggingface/hub")
  }

  /// Letters, digits, `-`, `_`, `.`, but neither `.` nor `..`: what the hub allows, and nothing that leaves the cache.
  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && name.unicodeScalars.allSatisfy {
        $0.isASCII
          && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0))
      }
  }
}

extension InputPaths {
  /// What a user named: files, folders with all that is in them, and models of the hub cache.
  package init(named names: [String]) {
    var (folders, files): ([String], [String]) = ([], [])
    for name in names {
      let path = (try? HubCache.resolve(name)) ?? name
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      if isDirectory.boolValue { folders.append(path) } else { files.append(path) }
    }
    self.init(folders: folders, files: files)
  }
}
