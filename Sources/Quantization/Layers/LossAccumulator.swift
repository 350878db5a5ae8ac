internal import Synchronization
package import Tensors

/// Collects the loss of every quantized tensor while slices of rows are made on all threads, in any order.
///
/// Sums are added up by first row, so a total does not depend on which thread came first.
package final class LossAccumulator: Sendable {
  package init() {}

  private struct Entry {
    var rows = 0
    var slices: [Int: (rows: Int, sums: LossSums)] = [:]
  }
  private let entries = Mutex<[String: Entry]>([:])

  /// Notes the sums of `rows` of `tensor`; making the same rows again replaces what was noted.
  package func note(_ tensor: String, rows: Range<Int>, _ sums: LossSums) {
    entries.withLock { entries in
      if let old = entries[tensor, default: Entry()].slices.updateValue(
        (rows.count, sums), forKey: rows.lowerBound)
      {
        entries[tensor]!.rows -= old.rows
      }
      entries[tensor]!.rows += rows.count
    }
  }

  /// Forgets what was noted of `tensor`.
  package func reset(_ tensor: String) {
    entries.withLock { $0[tensor] = nil }
  }

  /// The sums over all `rows` rows of `tensor`, or `nil` when some of them were not made in this run.
  package func total(_ tensor: String, rows: Int) -> LossSums? {
    entries.withLock { entries in
      guard let entry = entries[tensor], entry.rows == rows else { return nil }
      return entry.slices.sorted { $0.key < $1.key }.reduce(LossSums()) { $0 + $1.value.sums }
    }
  }
}
