internal import Foundation
package import Tensors

/// Refuses early what would fail late: `byteCount` more bytes must fit the file system of `path`.
package func requireSpace(_ byteCount: Int, at path: String) throws(VLMError) {
  var status = statvfs()
  guard statvfs(path, &status) == 0 else { return }
  let free = Int(status.f_bavail) * Int(status.f_frsize)
  guard free >= byteCount else {
    throw VLMError(
      .outputNoSpace, "the output needs \(byteCount) bytes more, the disk has \(free)", file: path,
      remedy: "free some space or choose another disk")
  }
}

/// Bytes that a file takes on its disk; 0 when there is none.
package func allocatedByteCount(_ path: String) -> Int {
  var status = stat()
  return lstat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
}

/// Its length; `nil` when there is no such file.
package func byteCountOfFile(_ path: String) -> Int? {
  var status = stat()
  return lstat(path, &status) == 0 ? Int(status.st_size) : nil
}

package func removeFile(_ path: String) { unlink(path) }
