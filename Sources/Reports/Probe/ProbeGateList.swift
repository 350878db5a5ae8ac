internal import Probing

/// Conditions, each with its state in a word and its numbers in a sentence.
struct ProbeGateList {
  let gates: [ProbeGate]

  var markup: Markup {
    tag(
      "ul", ["class": "gates"],
      gates.map { gate in
        let state = ProbeGateList.state(gate)
        return tag(
          "li",
          [
            tag("span", ["class": "state \(state.style)"], [.text("\(state.mark) \(state.word)")]),
            tag("span", ["class": "name"], [.text(ProbeWords.gate(gate.name))]),
            tag("span", ["class": "reason"], [.text(Typography.sentence(gate.sentence))]),
          ])
      })
  }

  /// A failed condition that this verdict does not need is no alarm.
  static func state(_ gate: ProbeGate) -> (mark: String, word: String, style: String) {
    if gate.passed { return ("✓", "passed", "passed") }
    return gate.required ? ("✗", "failed", "failed") : ("–", "not needed", "unneeded")
  }
}
