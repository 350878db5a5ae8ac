package import Foundation
package import Tensors

/// The folder in which activations are kept from run to run: one file for so many frames, a checkpoint and a setting.
///
/// Touches nothing but its own files, which are known by name and content.
package struct FeatureStore: Sendable {
  package let directory: String

  package init(_ directory: String) { self.directory = directory }

  /// `$XDG_CACHE_HOME/vlmtool/features`, else `~/.cache/vlmtool/features`.
  package static func standard(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> FeatureStore {
    // The XDG specification has relative values ignored.
    let base = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    return FeatureStore((base ?? home + "/.cache") + "/vlmtool/features")
  }

  package struct Entry: Sendable, Equatable, Codable {
    package let file: String
    /// What it takes on the disk.
    package let bytes: Int
    package let lastUsed: Date
    /// The checkpoint and data it is of.
    package let of: String?
  }

  package struct Contents: Sendable, Equatable, Codable {
    /// Least recently used first.
    package var entries: [Entry] = []
    /// What runs left that were killed while they wrote.
    package var leftovers: [Entry] = []
    /// Names of what is not this tool's, and is let alone.
    package var foreign: [String] = []

    package var bytes: Int { (entries + leftovers).reduce(0) { $0 + $1.bytes } }
  }

  /// The file that holds the features of `key`, 64 hexadecimal digits.
  func path(ofKey key: String) -> String { "\(directory)/\(key).h5" }

  /// The file that this process writes them to first, so that two runs at once do not meet in one file.
  func ownPath(ofKey key: String) -> String {
    "\(path(ofKey: key)).\(ProcessInfo.processInfo.processIdentifier)"
  }

  package func contents() -> Contents {
    var contents = Contents()
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() {
      let path = directory + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      let isFile = status.st_mode & S_IFMT == S_IFREG
      #if canImport(Darwin)
        let used = status.st_mtimespec
      #else
        let used = status.st_mtim
      #endif
      func entry(_ of: String?) -> Entry {
        Entry(
          file: name, bytes: Int(status.st_blocks) * 512,
          lastUsed: Date(timeIntervalSince1970: Double(used.tv_sec) + Double(used.tv_nsec) * 1e-9), of: of)
      }
      if isFile, name.wholeMatch(of: /[0-9a-f]{64}\.h5/) != nil, let label = FeatureFile.label(of: path) {
        contents.entries.append(entry(label))
      } else if isFile, let parts = name.wholeMatch(of: /[0-9a-f]{64}\.h5\.(\d+)(?:\.vlmtool-partial)?/) {
        // One that is still being written is nobody's business.
        if !Self.isWriting(path, process: Int32(parts.1) ?? 0) { contents.leftovers.append(entry(nil)) }
      } else {
        contents.foreign.append(name)
      }
    }
    contents.entries.sort { ($0.lastUsed, $0.file) < ($1.lastUsed, $1.file) }
    return contents
  }

  /// By its process, and by the lock that libhdf5 holds on a file it writes: the process may be in another container.
  private static func isWriting(_ path: String, process: Int32) -> Bool {
    if kill(process, 0) == 0 || errno == EPERM { return true }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0
  }

  /// Removes entries; those that went are given back.
  package func remove(_ entries: [Entry]) -> [Entry] {
    entries.filter { unlink(directory + "/" + $0.file) == 0 }
  }

  /// Removes leftovers, then the least recently used entries, until all take `limit` bytes at most.
  ///
  /// - Parameter keeping: names of files that are in use and stay.
  package func prune(to limit: Int, keeping: Set<String> = []) -> [Entry] {
    let contents = contents()
    var removed = remove(contents.leftovers)
    var bytes = contents.entries.reduce(0) { $0 + $1.bytes }
    for entry in contents.entries where bytes > limit && !keeping.contains(entry.file) {
      removed += remove([entry])
      bytes -= entry.bytes
    }
    return removed
  }

  /// Notes that the features of `key` were used just now.
  func touch(key: String) { utimes(path(ofKey: key), nil) }
}

extension FeatureStore {
  /// The variable of the environment that says how much the standard place may take.
  package static let limitVariable = "VLMTOOL_CACHE_LIMIT"

  /// What the standard place may take: 20 GB where the environment says nothing.
  package static func limit(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) -> Int {
    guard let text = environment[limitVariable], !text.isEmpty else { return 20_000_000_000 }
    guard let bytes = ByteCount(text)?.value else {
      throw VLMError(
        .cacheLimit, "\(limitVariable)=\(text) is no size",
        remedy: "write a number with MB, GB or TB, as in 50GB")
    }
    return bytes
  }
}

/// A size as people write it: `500MB`, `1.5 GB`, or bytes.
package struct ByteCount: Sendable, Equatable {
  package let value: Int

  package init?(_ text: String) {
    guard let parts = text.wholeMatch(of: /(?i)\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*/),
      let number = Double(parts.1)
    else { return nil }
    let factors: [String: Double] = ["": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12]
    let bytes = number * factors[parts.2.lowercased()]!
    guard bytes < 1e18 else { return nil }
    value = Int(bytes)
  }
}
