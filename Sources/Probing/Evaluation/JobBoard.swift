internal import Synchronization
internal import Tensors

/// Collects the results of jobs that run side by side, and tells how far they are.
final class JobBoard: Sendable {
  private struct State {
    var results: [Int: ProbeJobResult] = [:]
    var failure: (index: Int, error: any Error)?
    var done = 0
  }

  private let state = Mutex(State())
  private let count: Int
  private let progress: ProgressHandler?

  init(count: Int, _ progress: ProgressHandler?) {
    self.count = count
    self.progress = progress
  }

  var hasFailed: Bool { state.withLock { $0.failure != nil } }

  func record(_ index: Int, _ result: Result<ProbeJobResult, any Error>) {
    let done = state.withLock { state in
      state.done += 1
      switch result {
      case .success(let value): state.results[index] = value
      case .failure(let error): if index < state.failure?.index ?? .max { state.failure = (index, error) }
      }
      return state.done
    }
    progress?(ProgressReport(activity: "fitting probes", completed: done, total: count, unit: .steps))
  }

  /// In the order of the jobs.
  func results() throws -> [ProbeJobResult] {
    try state.withLock { state in
      if let failure = state.failure { throw failure.error }
      return (0..<count).map { state.results[$0]! }
    }
  }
}
