import Files
import Foundation
import Reports
import Synchronization

/// Ctrl-C and SIGTERM: one line that says what is kept and how to go on, then the usual exit status; or the orderly end of what
/// runs until then.
enum Interruption {
  private static let advice = Mutex<String?>(nil)
  private static let orderlyEnd = Mutex<(@Sendable () -> Void)?>(nil)

  /// Notes what a command keeps besides the files it is writing, if it is interrupted from now on.
  static func advise(_ text: String) { advice.withLock { $0 = text } }

  /// Has the next signal call `end`; the one after it ends the process as ever.
  static func end(by end: @escaping @Sendable () -> Void) { orderlyEnd.withLock { $0 = end } }

  /// What a signal handler may touch.
  nonisolated(unsafe) private static var signalPipe: [Int32] = [-1, -1]

  /// Listens from now on, but for signals that whoever started the process has it ignore (`nohup`).
  static func listen() {
    guard pipe(&signalPipe) == 0 else { return }
    for end in signalPipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      sigaction(number, nil, &action)
      if isIgnored(action) { continue }
      action = sigaction()
      setHandler(of: &action) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.signalPipe[1], &byte, 1)
      }
      action.sa_flags = Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
    // A thread of its own: a handler may do next to nothing, and the pool of threads may be busy.
    Thread.detachNewThread {
      // Whoever started the process may have had these signals blocked, as the threads of a pool do.
      var signals = sigset_t()
      sigemptyset(&signals)
      for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      var byte: UInt8 = 0
      while true {
        while read(signalPipe[0], &byte, 1) != 1 {}
        let end = orderlyEnd.withLock { end in
          defer { end = nil }
          return end
        }
        guard let end else { break }
        end()
      }
      StandardStreams.remark(
        (Terminal.detect(.error).interactive ? "\n" : "") + "interrupted: \(outcome())\n")
      _exit(128 + Int32(byte))
    }
  }

  private static func outcome() -> String {
    let kept = UnfinishedFiles.abandon()
    if !kept.isEmpty {
      let places = kept.map { "\($0.path) (\(Figure.bytes($0.byteCount)))" }.joined(separator: ", ")
      return "what was written so far is kept in \(places); the same command goes on from there"
    }
    return advice.withLock { $0 } ?? "nothing unfinished is left behind"
  }

  #if canImport(Darwin)
    private static func isIgnored(_ action: sigaction) -> Bool {
      action.__sigaction_u.__sa_handler == SIG_IGN
    }
    private static func setHandler(
      of action: inout sigaction, _ body: @escaping @convention(c) (Int32) -> Void
    ) {
      action.__sigaction_u.__sa_handler = body
    }
  #else
    private static func isIgnored(_ action: sigaction) -> Bool {
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
    private static func setHandler(
      of action: inout sigaction, _ body: @escaping @convention(c) (Int32) -> Void
    ) {
      action.__sigaction_handler.sa_handler = body
    }
  #endif
}
