package import Tensors

/// How many weights of a row share one scale.
package enum Granularity: Hashable, Sendable, CustomStringConvertible {
  /// One scale per output channel: `weight_scale` is `[out, 1]`.
  case channel
  /// One scale per run of this many inputs: `weight_scale` is `[out, in / size]`.
  case group(Int)

  /// `nil` is one scale per output channel.
  package init(groupSize: Int?) { self = groupSize.map { .group($0) } ?? .channel }

  /// Whether rows of `columns` inputs split into whole groups.
  package func divides(columns: Int) -> Bool {
    switch self {
    case .channel: columns > 0
    case .group(let size): size > 0 && columns > 0 && columns % size == 0
    }
  }

  /// Scales of one row of `columns` inputs.
  package func scalesPerRow(columns: Int) -> Int {
    switch self {
    case .channel: 1
    case .group(let size): columns / size
    }
  }

  /// The name compressed-tensors has for it.
  package var strategy: String {
    switch self {
    case .channel: "channel"
    case .group: "group"
    }
  }

  package var groupSize: Int? {
    switch self {
    case .channel: nil
    case .group(let size): size
    }
  }

  package var description: String {
    switch self {
    case .channel: "channel"
    case .group(let size): "group \(size)"
    }
  }
}

extension Granularity {
  /// Takes `.channel` and every group of at least 2 inputs.
  ///
  /// - Throws: `granularityRefused`.
  package func requireGroup() throws(VLMError) {
    guard case .group(let size) = self, size < 2 else { return }
    throw VLMError(
      .granularityRefused, "a group of \(size) weights is no group", remedy: "32, 64 and 128 are usual group sizes")
  }
}
