/// What the contrasts of one target (or of all) allow to be said.
public struct ProbeVerdict: Encodable, Sendable, Equatable {
  /// `nil` for the overall verdict.
  public var target: String?
  public var outcome: Outcome
  /// The modules named: one for `bottleneck`, those that cannot be told apart for `tied`.
  public var modules: [ProbeModule]
  /// The verdict in plain words.
  public var sentence: String
  /// Why, a sentence each: the contrasts, then what kind of loss it is.
  public var reasons: [String]
  public var gates: [ProbeGate]

  package init(
    target: String? = nil, outcome: Outcome, modules: [ProbeModule], sentence: String,
    reasons: [String], gates: [ProbeGate]
  ) {
    self.target = target
    self.outcome = outcome
    self.modules = modules
    self.sentence = sentence
    self.reasons = reasons
    self.gates = gates
  }

  public enum Outcome: String, Codable, Sendable {
    case bottleneck, none, tied, notIdentifiable
  }
}
