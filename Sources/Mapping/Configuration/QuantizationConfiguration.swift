/// How linear weights are stored when they are int8.
package struct QuantizationConfiguration: Codable, Sendable, Equatable {
  /// The id of one of the quantizing schemes, such as `w8a8`: it says in which arithmetic layers run.
  package var scheme: String
  /// `channel`, or `group` with `groupSize`.
  package var strategy: String
  package var groupSize: Int?
  /// Runtime parameters (of linear layers) that were kept in their own dtype.
  package var kept: [String]

  /// What shares a scale, where it divides a layer's inputs; elsewhere an output channel does.
  package var granularity: Granularity { Granularity(groupSize: groupSize) }

  package init(scheme: String, granularity: Granularity, kept: [String]) {
    self.scheme = scheme
    strategy = granularity.strategy
    groupSize = granularity.groupSize
    self.kept = kept
  }
}
