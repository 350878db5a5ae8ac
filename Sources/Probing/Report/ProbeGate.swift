/// A condition that must hold before a verdict may be given.
public struct ProbeGate: Codable, Sendable, Equatable {
  /// `range`, `labels`, `episodes`, `folds`, `encoder`, `selectivity`, `permutation`, `oracle`.
  public var name: String
  /// Whether it holds.
  public var passed: Bool
  /// The condition with its numbers, in a sentence.
  public var sentence: String
  /// Whether the verdict needs it: to find a loss in the encoder, it need not beat a random one.
  public var required: Bool

  package init(
    name: String, passed: Bool, sentence: String, required: Bool
  ) {
    self.name = name
    self.passed = passed
    self.sentence = sentence
    self.required = required
  }
}
