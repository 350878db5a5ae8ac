internal import Dispatch
internal import Synchronization
internal import Tensors

/// A value that is made beside whoever will ask for it, on a thread more, since what is made so mostly waits: for a disk, or for
/// another program. With one thread in all it is made when it is asked for.
package final class Pending<Value: Sendable>: Sendable {
  private let make: @Sendable () throws -> Value
  private let made = Mutex<Result<Value, any Error>?>(nil)
  private let isMade = DispatchSemaphore(value: 0)
  private let isBeside = Parallel.threads > 1

  package init(_ make: @escaping @Sendable () throws -> Value) {
    self.make = make
    guard isBeside else { return }
    DispatchQueue.global().async { [self] in
      let result = Result { try make() }
      made.withLock { $0 = result }
      isMade.signal()
    }
  }

  /// Waits until it is made; asked for once, or abandoned.
  package func get() throws -> Value {
    guard isBeside else { return try make() }
    isMade.wait()
    return try made.withLock { $0! }.get()
  }

  /// Waits until it is no longer being made, where nobody asks for it any more: a process that ends meanwhile would take from it
  /// what it works with.
  package func abandon() {
    if isBeside { isMade.wait() }
  }
}
