/// What the contrasts of one target (or of all) allow to be said.
public struct ProbeVerdict: Encodable, Sendable, Equatable {
  /// `nil` for the overall verdict.
  public var target: String?
  /// What was found.
  public var outcome: Outcome
  /// The modules named: one for `bottleneck`, those that cannot be told apart for `tied`.
  public var modules: [ProbeModule]
  /// The verdict in plain words.
  public var sentence: String
  /// Why, a sentence each: the contrasts, then what kind of loss it is.
  public var reasons: [String]
  /// The conditions, held or not.
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

  /// What may be said.
  public enum Outcome: String, Codable, Sendable {
    /// One module loses more than the others.
    case bottleneck
    /// No module loses more than the margin.
    case none
    /// Several lose, and cannot be told apart.
    case tied
    /// A gate does not hold.
    case notIdentifiable
  }
}
