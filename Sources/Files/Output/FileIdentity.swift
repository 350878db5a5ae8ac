internal import Foundation

/// One file or folder, whatever path leads to it: links, hard links and bind mounts have the same.
struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// Follows symbolic links; `nil` where there is nothing.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of an open file or folder, whatever became of its name.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
  }
}

extension SHA256 {
  /// Adds how a file stands on the disk without reading it: one that was changed has another size, time or inode. What is not there
  /// counts as empty.
  package func update(stateOf path: String) {
    var status = stat()
    stat(path, &status)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    update("\(path) \(status.st_size) \(status.st_ino) \(time.tv_sec).\(time.tv_nsec)\n")
  }
}

/// The absolute path without links, `.` and `..`; `nil` where there is nothing.
func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// An absolute path and all folders above it, nearest first.
func pathAndParents(_ path: String) -> [String] {
  var paths = [path]
  while let last = paths.last, last != "/" { paths.append(last.parentPath) }
  return paths
}

extension String {
  /// What stands behind the last slash.
  package var lastPathPart: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }

  /// What precedes the last slash, of an absolute path.
  package var parentPath: String {
    guard let slash = lastIndex(of: "/"), slash != startIndex else { return "/" }
    return String(self[..<slash])
  }
}
