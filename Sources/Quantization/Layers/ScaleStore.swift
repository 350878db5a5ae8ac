internal import Synchronization

/// One scale for each output channel of a layer, filled in by the slices that make its codes and read when
/// its scale tensor is written.
final class ScaleStore: Sendable {
  private struct State {
    var values: [Float]
    var known: [Bool]
  }
  private let state: Mutex<State>

  init(rows: Int) {
    state = Mutex(
      State(values: Array(repeating: 0, count: rows), known: Array(repeating: false, count: rows)))
  }

  func fill(_ rows: Range<Int>, from scales: UnsafeMutablePointer<Float>) {
    state.withLock { state in
      for (index, row) in rows.enumerated() {
        state.values[row] = scales[index]
        state.known[row] = true
      }
    }
  }

  /// The first run of `rows` that nobody filled in, or `nil` when all are known.
  func firstUnknown(in rows: Range<Int>) -> Range<Int>? {
    state.withLock { state in
      guard let first = rows.first(where: { !state.known[$0] }) else { return nil }
      let end = (first..<rows.upperBound).first { state.known[$0] } ?? rows.upperBound
      return first..<end
    }
  }

  /// Copies the scales of `rows`, all of them known, to `destination`.
  func copy(_ rows: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
    state.withLock { state in
      for (index, row) in rows.enumerated() { destination[index] = state.values[row] }
    }
  }
}
