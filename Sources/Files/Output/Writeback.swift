internal import Dispatch
internal import Synchronization

/// Has the system begin to put files on the disk while they are still being written.
///
/// Left alone it waits for seconds, and all of the writing would come at the end, when the flush before the
/// directory gets its name has to wait for it. Nothing depends on this: that flush is done all the same.
package final class Writeback: Sendable {
  /// Bytes after which the system is asked again.
  package static let stride = 64 << 20

  private let files: [OutputFile]
  private let noted = Atomic<Int>(0)
  private let isAsking = Atomic<Bool>(false)

  package init(_ files: [OutputFile]) { self.files = files }

  /// Notes that `byteCount` bytes were written to one of the files; from any thread.
  package func note(_ byteCount: Int) {
    let (old, new) = noted.wrappingAdd(byteCount, ordering: .relaxed)
    guard new / Self.stride > old / Self.stride else { return }
    // A disk that is behind keeps the asker waiting; nobody else needs to.
    guard !isAsking.exchange(true, ordering: .acquiring) else { return }
    DispatchQueue.global().async { [self] in
      for file in files { file.flushData() }
      isAsking.store(false, ordering: .releasing)
    }
  }
}
