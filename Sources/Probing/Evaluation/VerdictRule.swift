package import Statistics

/// From contrasts and gates to what may be said.
///
/// bottleneck = m when lower(g_m) > delta and lower(g_m - every other) > 0; none when every upper < delta; else tied.
/// A gate that fails and that the outcome needs makes it "not identifiable".
package enum VerdictRule {
  /// A contrast as the rule sees it.
  package struct Evidence: Sendable, Equatable {
    package let module: ProbeModule
    package let interval: Interval
    /// Of this contrast less the other that it stands least clear of; `nil` when there is no other.
    package let advantage: Interval?

    package init(_ module: ProbeModule, _ interval: Interval, advantage: Interval?) {
      self.module = module
      self.interval = interval
      self.advantage = advantage
    }
  }

  /// The outcome that the intervals alone call for.
  package static func outcome(
    _ evidence: [Evidence], delta: Double
  ) -> (outcome: ProbeVerdict.Outcome, modules: [ProbeModule]) {
    if let named = evidence.first(where: { $0.interval.lower > delta && ($0.advantage?.lower ?? 1) > 0 }) {
      return (.bottleneck, [named.module])
    }
    let possible = evidence.filter { $0.interval.upper >= delta }
    return possible.isEmpty ? (.none, []) : (.tied, possible.map(\.module))
  }

  /// Whether the outcome credits the encoder, the first module, with carrying information, which the gates on the encoder
  /// must bear out.
  ///
  /// That the encoder loses what the state tells is shown by the state's score alone: an encoder as poor as a
  /// random one is the plainest case of it, not one that cannot be judged.
  package static func creditsEncoder(
    _ outcome: ProbeVerdict.Outcome, _ modules: [ProbeModule], ladder: [ProbeModule]
  ) -> Bool {
    !(outcome == .bottleneck && modules == Array(ladder.prefix(1)))
  }

  /// One verdict over all targets, from those that could be judged.
  package static func overall(
    _ verdicts: [ProbeVerdict], ladder: [ProbeModule]
  ) -> (ProbeVerdict.Outcome, [ProbeModule]) {
    let judged = verdicts.filter { $0.outcome != .notIdentifiable }
    guard !judged.isEmpty else { return (.notIdentifiable, []) }
    let named = Set(judged.filter { $0.outcome == .bottleneck }.flatMap(\.modules))
    if named.count == 1 { return (.bottleneck, Array(named)) }
    if named.count > 1 { return (.tied, ladder.filter(named.contains)) }
    let tied = Set(judged.filter { $0.outcome == .tied }.flatMap(\.modules))
    return tied.isEmpty ? (.none, []) : (.tied, ladder.filter(tied.contains))
  }
}
