package import Statistics

/// From contrasts and gates to what may be said.
///
/// bottleneck = m when lower(g_m) > delta and lower(g_m - every other) > 0; none when every upper < delta; else tied.
/// A gate that fails and that the outcome needs makes it "not identifiable".
package enum VerdictRule {
  /// A contrast as the rule sees it.
  package struct Evidence: Sendable, Equatable {
    package let module: ProbeContrast.Module
    package let interval: Interval
    /// Of this contrast less the other; `nil` when there is no other.
    package let advantage: Interval?

    package init(_ module: ProbeContrast.Module, _ interval: Interval, advantage: Interval?) {
      self.module = module
      self.interval = interval
      self.advantage = advantage
    }
  }

  /// The outcome that the intervals alone call for.
  package static func outcome(
    _ evidence: [Evidence], delta: Double
  ) -> (outcome: ProbeVerdict.Outcome, modules: [ProbeContrast.Module]) {
    if let named = evidence.first(where: { $0.interval.lower > delta && ($0.advantage?.lower ?? 1) > 0 }) {
      return (.bottleneck, [named.module])
    }
    let possible = evidence.filter { $0.interval.upper >= delta }
    return possible.isEmpty ? (.none, []) : (.tied, possible.map(\.module))
  }

  /// Whether the outcome credits the encoder with carrying information, which the gates on the encoder must bear out.
  ///
  /// That the vision encoder loses what the state tells is shown by the state's score alone: an encoder as poor as a
  /// random one is the plainest case of it, not one that cannot be judged.
  package static func creditsEncoder(
    _ outcome: ProbeVerdict.Outcome, _ modules: [ProbeContrast.Module]
  ) -> Bool {
    !(outcome == .bottleneck && modules == [.vision])
  }

  /// One verdict over all targets, from those that could be judged.
  package static func overall(_ verdicts: [ProbeVerdict]) -> (ProbeVerdict.Outcome, [ProbeContrast.Module]) {
    let judged = verdicts.filter { $0.outcome != .notIdentifiable }
    guard !judged.isEmpty else { return (.notIdentifiable, []) }
    let named = Set(judged.filter { $0.outcome == .bottleneck }.flatMap(\.modules))
    if named.count == 1 { return (.bottleneck, Array(named)) }
    let order = ProbeContrast.Module.allCases
    if named.count > 1 { return (.tied, order.filter(named.contains)) }
    let tied = Set(judged.filter { $0.outcome == .tied }.flatMap(\.modules))
    return tied.isEmpty ? (.none, []) : (.tied, order.filter(tied.contains))
  }
}
