import Foundation
import Statistics
import Tensors

extension VLMError.Code {
  static let processLimit = Self("vlmtool.process.limit")
}

/// What the system lets this process have, looked at before anything depends on it: Dispatch crashes where no file can be
/// opened, and OpenBLAS asks for its buffers over and over where there is no room for them.
enum ProcessLimits {
  /// Has a file that may grow no more (`ulimit -f`) be a write that fails instead of the end of the process, and allows more
  /// open files where that is ours to allow.
  ///
  /// - Throws: `vlmtool.process.limit`, with the limit and how to raise it.
  static func prepare() throws(VLMError) {
    signal(SIGXFSZ, SIG_IGN)
    try allowFiles()
    try checkAddressSpace()
  }

  private static let filesNeeded: rlim_t = 32
  /// Cached features are a file for every 128 frames and encoder, open as long as they are in use.
  private static let filesWanted: rlim_t = 4096

  private static func allowFiles() throws(VLMError) {
    guard var limit = limit(openFiles), limit.rlim_cur < filesWanted else { return }
    limit.rlim_cur = min(limit.rlim_max, filesWanted)
    if setrlimit(openFiles, &limit) != 0 { limit = self.limit(openFiles) ?? limit }
    guard limit.rlim_cur < filesNeeded else { return }
    throw VLMError(
      .processLimit, "this process may open \(limit.rlim_cur) files, and needs \(filesNeeded)",
      remedy: "raise the limit: ulimit -n")
  }

  /// OpenBLAS takes 128 MB of addresses for each thread as soon as it is loaded, and a thread's stack may take 8 more.
  private static func checkAddressSpace() throws(VLMError) {
    let threads = max(1, OpenBLASThreads.count)
    let needed = 640 + 136 * threads
    guard let limit = limit(addresses), limit.rlim_cur >> 20 < rlim_t(needed) else { return }
    throw VLMError(
      .processLimit,
      "this process may use \(limit.rlim_cur >> 20) MB of addresses, and needs \(needed) before it begins",
      remedy: "raise the limit: ulimit -v" + (threads > 1 ? "; or set OPENBLAS_NUM_THREADS=1" : ""))
  }

  private static func limit(_ kind: Int32) -> rlimit? {
    var limit = rlimit()
    return getrlimit(kind, &limit) == 0 ? limit : nil
  }

  #if os(Linux)
    // C's own names are an enumeration, which its functions do not take.
    private static let (openFiles, addresses) = (Int32(RLIMIT_NOFILE.rawValue), Int32(RLIMIT_AS.rawValue))
  #else
    private static let (openFiles, addresses) = (RLIMIT_NOFILE, RLIMIT_AS)
  #endif
}
