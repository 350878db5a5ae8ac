internal import Synchronization

/// Results of tasks that run side by side, each in its own place.
package final class Slots<Value: Sendable>: Sendable {
  private let values: Mutex<[Value?]>

  package init(count: Int) { values = Mutex([Value?](repeating: nil, count: count)) }

  package subscript(index: Int) -> Value? {
    get { values.withLock { $0[index] } }
    set { values.withLock { $0[index] = newValue } }
  }
}
