/// Something that was chosen for the user, and what decided it.
package struct Chosen<Value: Sendable & Equatable>: Sendable, Equatable {
  package let value: Value
  /// What decided it, in words that can follow a colon.
  package let evidence: String

  package init(_ value: Value, _ evidence: String) {
    self.value = value
    self.evidence = evidence
  }
}
