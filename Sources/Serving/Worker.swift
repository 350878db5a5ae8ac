internal import Foundation
internal import Synchronization

/// The one thread that handlers run on, and the requests that wait for it, first come first served.
final class Worker: Sendable {
  /// A place in the queue.
  typealias Ticket = UInt64

  private struct State {
    var waiting: [(ticket: Ticket, work: @Sendable () -> Void)] = []
    var next: Ticket = 0
    var isWorking = false
    var isStopped = false
  }

  private let state = Mutex(State())
  /// Signalled once for each request that is queued; those that are withdrawn leave a signal that finds nothing.
  private let queued = DispatchSemaphore(value: 0)
  private let limit: Int

  /// - Parameter limit: requests that may wait.
  init(limit: Int) {
    self.limit = limit
    let thread = Thread { [self] in run() }
    thread.name = "vlmtool.serving"
    // As much as the main thread has.
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Queues `work`; `nil` when the queue is full or the worker stopped.
  func submit(_ work: @escaping @Sendable () -> Void) -> Ticket? {
    let ticket: Ticket? = state.withLock { state in
      guard !state.isStopped, state.waiting.count < limit + (state.isWorking ? 0 : 1) else { return nil }
      state.next += 1
      state.waiting.append((state.next, work))
      return state.next
    }
    if ticket != nil { queued.signal() }
    return ticket
  }

  /// Takes a request out of the queue; `false` when it has begun or is done.
  func withdraw(_ ticket: Ticket) -> Bool {
    state.withLock { state in
      guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
      state.waiting.remove(at: place)
      return true
    }
  }

  /// Whether nothing waits and nothing is worked on.
  var isIdle: Bool { state.withLock { $0.waiting.isEmpty && !$0.isWorking } }

  /// Takes no more, forgets what waits, and ends the thread after what it works on.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.waiting = []
    }
    queued.signal()
  }

  private func run() {
    while true {
      queued.wait()
      let (work, isStopped): ((@Sendable () -> Void)?, Bool) = state.withLock { state in
        state.isWorking = !state.waiting.isEmpty
        return (state.waiting.isEmpty ? nil : state.waiting.removeFirst().work, state.isStopped)
      }
      if let work {
        autoreleasepoolIfAny(work)
        state.withLock { $0.isWorking = false }
      } else if isStopped {
        return
      }
    }
  }

  private func autoreleasepoolIfAny(_ work: () -> Void) {
    #if canImport(Darwin)
      autoreleasepool { work() }
    #else
      work()
    #endif
  }
}
