/// How linear weights are stored when they are int8.
public struct QuantizationConfiguration: Codable, Sendable, Equatable {
  /// The id of one of the quantizing schemes, such as `w8a8`: it says in which arithmetic layers run.
  public var scheme: String
  /// `channel`, or `group` with `groupSize`.
  public var strategy: String
  public var groupSize: Int?
  /// Runtime parameters (of linear layers) that were kept in their own dtype.
  public var kept: [String]

  /// What shares a scale, where it divides a layer's inputs; elsewhere an output channel does.
  package var granularity: Granularity { Granularity(groupSize: groupSize) }

  package init(scheme: String, granularity: Granularity, kept: [String]) {
    self.scheme = scheme
    strategy = granularity.strategy
    groupSize = granularity.groupSize
    self.kept = kept
  }
}
