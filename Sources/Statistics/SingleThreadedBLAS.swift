internal import COpenBLAS
internal import Synchronization

/// Keeps OpenBLAS on the calling thread while `body` runs.
///
/// Feature sets are scored side by side on our own threads; products then give the same bits whatever `--threads` is.
package enum SingleThreadedBLAS {
  /// How many bodies run now, and the thread count to go back to after the last: the setting is the process's.
  private static let state = Mutex<(depth: Int, threads: CInt)>((0, 1))

  package static func during<R>(_ body: () throws -> R) rethrows -> R {
    state.withLock { state in
      if state.depth == 0 {
        state.threads = openblas_get_num_threads()
        openblas_set_num_threads(1)
      }
      state.depth += 1
    }
    defer {
      state.withLock { state in
        state.depth -= 1
        if state.depth == 0 { openblas_set_num_threads(state.threads) }
      }
    }
    return try body()
  }
}
