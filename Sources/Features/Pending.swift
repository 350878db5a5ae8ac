internal import Dispatch
internal import Synchronization
internal import Tensors

/// A value that is made beside whoever will ask for it, on a thread more, since what is made so mostly waits: for a disk, or for
/// another program. Where it is not to be made beside, as with one thread in all, it is made when it is asked for.
package final class Pending<Value: Sendable>: Sendable {
  /// Until it is made. What it works with is let go before anybody hears that it is made.
  private let make: Mutex<(@Sendable () throws -> Value)?>
  private let made = Mutex<Result<Value, any Error>?>(nil)
  private let isMade = DispatchSemaphore(value: 0)
  private let isBeside: Bool

  package init(beside: Bool = Parallel.threads > 1, _ make: @escaping @Sendable () throws -> Value) {
    self.make = Mutex(make)
    isBeside = beside
    guard isBeside else { return }
    DispatchQueue.global().async { [self] in
      let result = Result { try finish() }
      made.withLock { $0 = result }
      isMade.signal()
    }
  }

  /// Waits until it is made; asked for once, or abandoned.
  package func get() throws -> Value {
    guard isBeside else { return try finish() }
    isMade.wait()
    return try made.withLock { $0! }.get()
  }

  /// Waits until it is no longer being made, where nobody asks for it any more: a process that ends meanwhile would take from it
  /// what it works with.
  package func abandon() {
    if isBeside { isMade.wait() }
  }

  @inline(never) private func finish() throws -> Value {
    try make.withLock { make in
      defer { make = nil }
      return make
    }!()
  }
}
