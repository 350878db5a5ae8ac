/// One checkpoint that was probed.
public struct ProbeSubject: Codable, Sendable, Equatable {
  /// As the user gave it.
  public var path: String
  /// Family identifier of the mapping, such as `qwen2_5_vl`.
  public var family: String
  /// `float32` or `int8`: what the runtime computed with.
  public var precision: String
  /// SHA-256 over the vision and projector parameters and the model configuration.
  public var sha256: String
  /// Whether its features came from the cache, so that its encoder did not run.
  public var featuresFromCache: Bool

  package init(
    path: String, family: String, precision: String, sha256: String, featuresFromCache: Bool
  ) {
    self.path = path
    self.family = family
    self.precision = precision
    self.sha256 = sha256
    self.featuresFromCache = featuresFromCache
  }
}
