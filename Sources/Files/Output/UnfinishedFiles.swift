internal import Foundation
internal import Synchronization

/// The files and folders that this process is writing, so that one that is interrupted leaves nothing unexplained.
package enum UnfinishedFiles {
  package enum Fate: Sendable {
    /// A later run goes on with it.
    case kept
    /// Of no use to anybody.
    case removed
  }

  package struct Leftover: Sendable {
    package let path: String
    /// What it takes on the disk.
    package let byteCount: Int
  }

  private static let open = Mutex<[String: Fate]>([:])

  package static func begin(_ path: String, _ fate: Fate) { open.withLock { $0[path] = fate } }
  package static func end(_ path: String) { open.withLock { _ = $0.removeValue(forKey: path) } }

  /// Removes what is of no use, and says what stays; the process ends then.
  package static func abandon() -> [Leftover] {
    open.withLock { open in
      for (path, fate) in open where fate == .removed { unlink(path) }
      let kept = open.filter { $0.value == .kept }.keys.sorted()
      open = [:]
      return kept.map { path in
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path))?.map { path + "/" + $0 } ?? [path]
        return Leftover(path: path, byteCount: files.reduce(0) { $0 + allocatedByteCount($1) })
      }
    }
  }
}
