internal import Foundation

/// Uninitialised memory on a 64-byte boundary, freed with its owner.
///
/// What a model is made of and works in. Where there is not enough, no caller could go on, and Swift's own allocation would
/// end the process with a crash report: this ends it with a line and status 1. What was written so far stands, to be gone on
/// with.
package final class AlignedBytes {
  package let base: UnsafeMutableRawPointer
  package let count: Int

  package init(_ count: Int) {
    self.count = count
    var memory: UnsafeMutableRawPointer?
    let bytes = max(count, 64)
    guard posix_memalign(&memory, 64, bytes) == 0, let memory else {
      let line = "error: out of memory: \(bytes) bytes more are needed (use fewer threads, or free some memory)\n"
      try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
      exit(1)
    }
    base = memory
  }

  deinit { free(base) }
}
