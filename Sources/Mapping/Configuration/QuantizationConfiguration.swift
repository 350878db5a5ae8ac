/// How linear weights are stored when they are int8.
public struct QuantizationConfiguration: Codable, Sendable, Equatable {
  /// `w8a8` (dynamic per-token int8 activations) or `w8a16` (weight-only).
  public var scheme: String
  /// `channel`, or `group` with `groupSize`.
  public var strategy: String
  public var groupSize: Int?
  /// Runtime parameters (of linear layers) that were kept in their own dtype.
  public var kept: [String]

  public init(scheme: String, strategy: String, groupSize: Int?, kept: [String]) {
    self.scheme = scheme
    self.strategy = strategy
    self.groupSize = groupSize
    self.kept = kept
  }
}
