internal import Dispatch
internal import Foundation
internal import Synchronization

/// The tool's one pool of threads: Dispatch's, never more than `threads` of them at once.
public enum Parallel {
  private static let limit = Mutex<Int>(0)

  /// More than any machine has; work and memory are shared out by the number of threads.
  package static let mostThreads = 4096

  /// Threads used by kernels and by streaming, 1 to 4096; set once from `--threads`, by default the machine's active
  /// cores.
  public static var threads: Int {
    get { limit.withLock { $0 > 0 ? $0 : activeCores } }
    set { limit.withLock { $0 = min(max(1, newValue), mostThreads) } }
  }

  /// Runs `body(index)` for `0..<count` and returns when all are done. `body` must touch disjoint data per index.
  ///
  /// Items are handed out one by one to at most `threads` threads.
  package static func forEach(_ count: Int, threads: Int = Parallel.threads, _ body: (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { escapable in
      // Kernels hand out disjoint parts of raw buffers, which the compiler cannot see; every call returns before this one.
      nonisolated(unsafe) let body = escapable
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if index >= count { return }
          body(index)
        }
      }
    }
  }

  /// What `body(index)` gives for `0..<count`, in that order.
  ///
  /// - Throws: what it throws for the lowest index for which it throws; after that nothing behind it is begun.
  package static func map<Value: Sendable, E: Error>(
    _ count: Int, threads: Int = Parallel.threads, _ body: (Int) throws(E) -> Value
  ) throws(E) -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: count))
    let failure = Mutex<(index: Int, error: E)?>(nil)
    forEach(count, threads: threads) { index in
      // All before it were begun, and go on: one of them may yet be the first to fail.
      if failure.withLock({ ($0?.index ?? .max) < index }) { return }
      do throws(E) {
        let value = try body(index)
        values.withLock { $0[index] = value }
      } catch {
        failure.withLock { if ($0?.index ?? .max) > index { $0 = (index, error) } }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
    return values.withLock { $0.map { $0! } }
  }

  /// Runs `body(range)` for contiguous parts of `0..<count`, one a thread, each part a multiple of `grain` but the last.
  ///
  /// - Throws: what it throws for the first part for which it throws.
  package static func forRanges<E: Error>(
    _ count: Int, grain: Int = 1, threads: Int = Parallel.threads, _ body: (Range<Int>) throws(E) -> Void
  ) throws(E) {
    let grains = (count + grain - 1) / grain
    let workers = min(threads, grains)
    guard workers > 1 else { return count > 0 ? try body(0..<count) : () }
    _ = try map(workers, threads: workers) { (worker) throws(E) in
      let lower = grains * worker / workers * grain
      let upper = min(count, grains * (worker + 1) / workers * grain)
      if lower < upper { try body(lower..<upper) }
    }
  }
}

private let activeCores = max(1, ProcessInfo.processInfo.activeProcessorCount)
