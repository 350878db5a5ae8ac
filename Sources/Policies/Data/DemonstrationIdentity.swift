package import Datasets
internal import Files
internal import Foundation

/// Names what a policy sees of demonstrations without reading frames: the files as they stand on the disk, and what is taken of them.
///
/// A file that is changed has another size or time; whoever copies demonstrations encodes them once more.
package enum DemonstrationIdentity {
  /// SHA-256 in hexadecimal digits.
  package static func sha256(of demonstrations: Demonstrations) -> String {
    let hash = SHA256()
    for path in ([demonstrations.path] + demonstrations.files) { add(path, to: hash) }
    hash.update("\(demonstrations.camera.value) \(demonstrations.orientation.value.rawValue) \(demonstrations.rowLag.rows)\n")
    for episode in demonstrations.episodes {
      hash.update("\(episode.file) \(episode.place) \(demonstrations.tasks[episode.task]) \(episode.rows)\n")
    }
    return hash.finish()
  }

  /// A file, or all below a folder in the order of their names.
  private static func add(_ path: String, to hash: SHA256) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() {
        add("\(path)/\(name)", to: hash)
      }
      return
    }
    hash.update(stateOf: path)
  }
}
