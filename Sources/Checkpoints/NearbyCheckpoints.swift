internal import Foundation

/// Finds the checkpoint that was meant by a path that holds none: in the folders below, or in the one above.
enum NearbyCheckpoints {
  /// Folders looked into at most; training runs keep thousands of files.
  private static let mostFolders = 512
  private static let deepest = 3

  /// The folders below `directory` that hold weights, the nearest first, as paths from `directory`.
  ///
  /// No link to a folder is followed, and what has weights is not searched further.
  static func below(_ directory: String) -> [String] {
    var found: [String] = []
    var level = [""]
    var looked = 0
    for _ in 0..<deepest {
      var next: [String] = []
      for folder in level {
        for name in names(in: joined(directory, folder)) where !name.hasPrefix(".") {
          guard looked < mostFolders else { return found }
          let path = joined(folder, name)
          guard isPlainFolder(joined(directory, path)) else { continue }
          looked += 1
          if holdsWeights(joined(directory, path)) { found.append(path) } else { next.append(path) }
        }
      }
      level = next
    }
    return found
  }

  /// The folder that `path` stands in, when it holds weights.
  static func above(_ path: String) -> String? {
    let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    return holdsWeights(parent) ? parent : nil
  }

  private static func holdsWeights(_ directory: String) -> Bool {
    names(in: directory).contains { name in
      CheckpointContainer.all.contains { $0.names(name) || $0.namesIndex(name) }
        && !isPlainFolder(joined(directory, name))
    }
  }

  private static func isPlainFolder(_ path: String) -> Bool {
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return kind == .typeDirectory
  }

  private static func names(in directory: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory))?.sorted() ?? []
  }

  private static func joined(_ folder: String, _ name: String) -> String {
    folder.isEmpty
      ? name : name.isEmpty ? folder : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
