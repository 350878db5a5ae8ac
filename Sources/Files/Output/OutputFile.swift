internal import Foundation
package import Tensors

/// A file being written at planned offsets from several threads at once.
package final class OutputFile: Sendable {
  package let path: String
  package let descriptor: Int32

  /// Opens `path` for writing, made if it is not there; follows no symbolic link.
  package init(_ path: String, truncating: Bool = false) throws(VLMError) {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (truncating ? O_TRUNC : 0)
    let descriptor = open(path, flags, 0o666)
    guard descriptor >= 0 else { throw .writing(path, errno: errno, code: .outputCreateFailed) }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Keeps other runs from it until this process closes it or ends.
  ///
  /// - Throws: `files.output.busy` where another has it.
  package func lock() throws(VLMError) {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw VLMError(.outputBusy, "another run is writing this file", file: path, remedy: "wait for it or stop it")
    }
  }

  package func setByteCount(_ count: Int) throws(VLMError) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw .writing(path, errno: errno) }
  }

  package var byteCount: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(VLMError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .writing(path, errno: count == 0 ? EIO : errno, offset: offset + done) }
      done += count
    }
  }

  package func read(_ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws(VLMError) {
    var done = 0
    while done < range.count {
      let start = off_t(range.lowerBound + done)
      let count = pread(descriptor, destination.baseAddress! + done, range.count - done, start)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .writing(path, errno: count == 0 ? EIO : errno, offset: Int(start)) }
      done += count
    }
  }

  /// Has the disk take what was written so far; a failure shows again in `flush`.
  package func flushData() {
    #if os(Linux)
      fdatasync(descriptor)
    #else
      fsync(descriptor)
    #endif
  }

  /// Waits until the disk has everything.
  package func flush() throws(VLMError) {
    guard fsync(descriptor) == 0 else { throw .writing(path, errno: errno) }
  }

  package func rename(to target: String) throws(VLMError) {
    guard Foundation.rename(path, target) == 0 else { throw .writing(target, errno: errno) }
  }

  /// Flushes a file or a directory's own list of names.
  package static func flush(_ path: String) throws(VLMError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(path, errno: errno) }
    defer { close(descriptor) }
    // Some file systems cannot flush a directory and say EINVAL; there is nothing more to do there.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .writing(path, errno: errno) }
  }
}

extension VLMError {
  package static func writing(
    _ path: String, errno number: Int32, offset: Int? = nil, code: VLMError.Code = .outputWriteFailed
  ) -> VLMError {
    switch number {
    case ENOSPC, EDQUOT:
      VLMError(
        .outputNoSpace, "the disk is full", file: path, offset: offset,
        remedy: "free some space and run again")
    case EFBIG:
      VLMError(
        .outputNoSpace, "the file may not grow any further", file: path, offset: offset,
        remedy: "raise the limit on the size of files (ulimit -f) and run again")
    default:
      VLMError(code, "cannot write: \(systemMessage(number))", file: path, offset: offset)
    }
  }
}
