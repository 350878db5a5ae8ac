internal import Foundation
internal import Statistics

/// The sentences of a probe report.
package enum Wording {
  /// Three decimals, no negative zero.
  static func number(_ value: Double) -> String {
    let text = String(format: "%.3f", value)
    return text == "-0.000" ? "0.000" : text
  }

  static func range(_ interval: Interval) -> String {
    "\(number(interval.lower)) to \(number(interval.upper))"
  }

  static func name(_ module: ProbeModule) -> String { "the \(module.name)" }

  static func names(_ modules: [ProbeModule], _ word: String = "and") -> String {
    let names = modules.map(name)
    guard names.count > 2 else { return names.joined(separator: " \(word) ") }
    return names.dropLast().joined(separator: ", ") + " \(word) " + names.last!
  }

  /// `neither the vision encoder nor the projector`
  private static func none(of modules: [ProbeModule]) -> String {
    modules.count == 2 ? "neither \(names(modules, "nor"))" : "none of \(names(modules))"
  }

  /// What adds to a module's exit what the module lost, with its verb: `the encoder's output adds`.
  private static func before(_ module: ProbeModule, _ ladder: [ProbeModule], _ verb: String) -> String {
    if module == .fusion { return "knowing the task \(verb)s" }
    return ladder.prefix { $0 != module }.last.map { "the \($0.short)'s output \(verb)s" }
      ?? "the frames \(verb)"
  }

  static func verdict(
    _ outcome: ProbeVerdict.Outcome, _ modules: [ProbeModule], ladder: [ProbeModule], title: String,
    contrast: ProbeContrast?, delta: Double, failed: ProbeGate?, confidence: Double
  ) -> String {
    switch outcome {
    case .bottleneck:
      guard let contrast else { preconditionFailure("a bottleneck without its contrast") }
      return capitalised(names(modules))
        + " is the bottleneck for the \(title): \(before(contrast.module, ladder, "tell")) \(number(contrast.value)) R2 that "
        + "\(contrast.module == .fusion ? "the language model's output does not" : "nothing after it does") (\(Int((confidence * 100).rounded())) % interval \(range(contrast.interval)), "
        + "margin \(number(delta))).\(told(contrast, title))"
    case .none:
      return
        "No bottleneck for the \(title): \(none(of: ladder)) loses more than the margin of \(number(delta)) R2."
    case .tied:
      return modules.count > 1
        ? "Tied for the \(title): \(names(modules)) may each hold it back, and the data cannot tell which more."
        : "Undecided for the \(title): \(names(modules)) may lose more than the margin of \(number(delta)) R2, or not."
    case .notIdentifiable:
      return
        "Not identifiable for the \(title), gate \(failed?.name ?? "unknown"): \(failed?.sentence ?? "")."
    }
  }

  /// ` The end-effector position is told to within 12.1 mm instead of 7.3 mm.`
  private static func told(_ contrast: ProbeContrast, _ title: String) -> String {
    contrast.units.isEmpty
      ? "" : " The \(title) is told \(contrast.units.map(\.told).joined(separator: " and "))."
  }

  static func overall(
    _ outcome: ProbeVerdict.Outcome, _ modules: [ProbeModule], _ verdicts: [ProbeVerdict],
    ladder: [ProbeModule], titles: [String]
  ) -> String {
    func listed(_ condition: (ProbeVerdict) -> Bool) -> String {
      zip(verdicts, titles).filter { condition($0.0) }.map(\.1).joined(separator: ", ")
    }
    switch outcome {
    case .bottleneck:
      let which = listed { $0.outcome == .bottleneck }
      return capitalised(names(modules)) + " is the bottleneck (\(which))."
    case .none: return capitalised(none(of: ladder)) + " is a bottleneck."
    case .tied where modules.count > 1:
      return
        "Tied: \(names(modules)) may each hold the policy back (\(listed { $0.outcome != .notIdentifiable }))."
    case .tied:
      return "Undecided: whether \(names(modules)) loses more than the margin cannot be told from this data."
    case .notIdentifiable: return "Not identifiable: for no target do all gates hold."
    }
  }

  /// What stands in the headline where training, or the encoder at all, gained nothing; empty where both did.
  static func noBetter(_ gates: [ProbeGate]) -> String {
    let failed = [("encoder", "random weights"), ("pixels", "pixels")].filter { name, _ in
      gates.contains { $0.name == name && !$0.passed }
    }
    guard !failed.isEmpty else { return "" }
    return " The encoder's output is no better than \(failed.map(\.1).joined(separator: ", nor than "))."
  }

  static func contrast(
    _ contrast: ProbeContrast, _ reference: TargetReferences, ladder: [ProbeModule]
  ) -> String {
    var text =
      "\(capitalised(name(contrast.module))): \(before(contrast.module, ladder, "add")) \(number(contrast.value)) R2 to \(contrast.module == .fusion ? "the language model's output" : "what is left after it"), \(contrast.formula), interval "
      + "\(range(contrast.interval)), against the margin \(number(reference.delta))"
    text += contrast.units.map { "; told \($0.told) (\($0.more))" }.joined()
    if let advantage = contrast.advantageInterval {
      text += "; less the \(ladder.count > 2 ? "nearest" : "other") module's: \(range(advantage))"
    }
    return text + "."
  }

  /// Where a linear readout tells less after a module than before it: whether that is lost, re-encoded or spread out. `nil`
  /// where it does not.
  static func kindOfLoss(_ contrast: ProbeContrast, delta: Double) -> String? {
    guard let mean = contrast.meanValue, max(mean, contrast.gridValue ?? mean) > delta else { return nil }
    let drop =
      "A linear readout tells less after \(name(contrast.module)): \(number(mean)) R2 of its mean"
      + (contrast.gridValue.map { ", \(number($0)) of its grid" } ?? "")
      + (contrast.attentiveValue.map { ", \(number($0)) by a learned query" } ?? "")
    if contrast.interval.lower > delta { return drop + ". That is lost, at least in part." }
    guard contrast.interval.upper < delta else { return drop + ". Whether it is lost is open." }
    if let grid = contrast.gridValue, grid <= delta {
      return drop + ". It is not lost: it is spread over the tokens."
    }
    if let attentive = contrast.attentiveValue, attentive <= delta {
      return drop + ". It is not lost: it stands in other tokens than before, where a query finds it."
    }
    return drop + ". It is not lost: another readout has it, so it is only re-encoded."
  }

  /// How many episodes would show on which side of the margin a loss lies; `nil` where that is shown already.
  ///
  /// From the interval alone. Learning curves cannot say where a loss goes: it is a difference of two of them, each known to about
  /// the margin, and what a line through their four points foretells is wider than the interval that is to be narrowed.
  package static func settling(_ contrast: ProbeContrast, delta: Double, episodes: Int) -> String? {
    let interval = contrast.interval
    guard interval.lower <= delta, interval.upper >= delta else { return nil }
    let (distance, halfWidth) = (abs(contrast.value - delta), (interval.upper - interval.lower) / 2)
    let whether = "Whether \(name(contrast.module)) loses more than the margin"
    // A hundred times as many is no plan.
    guard halfWidth < 10 * distance else {
      return whether + " will hardly be settled by more episodes: the loss found lies close to it."
    }
    let needed = LearningCurve.episodes(forHalfWidth: distance, from: halfWidth, with: episodes)
    return whether
      + " would be settled by about \(needed) episodes, should the loss stay as it is; there are \(episodes)."
  }

  /// What bounds the losses that can be seen.
  static func bounds(_ reference: TargetReferences) -> String {
    let seen =
      "Fixed features of the frames read \(number(reference.frames)) R2, "
      + (reference.referenceEncoders.map { "the reference encoders \(number($0)), " } ?? "")
      + "frames and model together "
      + "\(number(reference.achievable)): a loss of what neither reads is not seen here."
    guard let oracle = reference.oracle else { return seen }
    let beyond = oracle - reference.achievable
    return beyond > reference.delta
      ? seen
        + " The recorded state tells \(number(beyond)) more, which is not in these pixels, or not with this many "
        + "demonstrations."
      : seen
  }

  static func cost(_ outcome: ProbeComparison.Outcome, _ cost: Double, _ interval: Interval, margin: Double)
    -> String
  {
    switch outcome {
    case .nothingMeasurable: "costs nothing measurable (at most \(number(max(0, interval.upper))) R2)"
    case .costs: "costs \(number(cost)) R2 (\(range(interval)))"
    case .undecided: "costs between \(number(interval.lower)) and \(number(interval.upper)) R2: undecided"
    }
  }

  static func comparison(_ rows: [ProbeComparison], margin: Double) -> String {
    let costly = rows.filter { $0.outcome == .costs }
    let open = rows.filter { $0.outcome == .undecided }
    let most = rows.max { $0.interval.upper < $1.interval.upper }!
    if costly.isEmpty, open.isEmpty {
      return
        "The second checkpoint costs nothing measurable at any stage: at most \(number(max(0, most.interval.upper))) "
        + "R2 (\(title(most)) at \(most.stage)), below the margin of \(number(margin))."
    }
    if let worst = costly.max(by: { $0.cost < $1.cost }) {
      return
        "The second checkpoint costs \(number(worst.cost)) R2 at the most (\(title(worst)) at \(worst.stage), "
        + "interval \(range(worst.interval))); \(costly.count) of \(rows.count) figures are above the margin of "
        + "\(number(margin))."
    }
    return
      "Whether the second checkpoint costs more than the margin of \(number(margin)) R2 is undecided: \(open.count) of "
      + "\(rows.count) intervals hold the margin; the highest is \(range(most.interval)) (\(title(most)) at "
      + "\(most.stage), estimate \(number(most.cost)))."
  }

  private static func title(_ row: ProbeComparison) -> String {
    (try? ProbeTarget.named(row.target).title) ?? row.target
  }

  /// What the numbers do not show; printed with every report.
  static func caveats(_ ladder: [ProbeModule]) -> [String] {
    let probed = ladder.contains(.language)
    return [
      "Probes show what is decodable, not what a policy would use.",
      "Freezing experiments confound plasticity with information: a frozen encoder that probes well may still hold a "
        + "policy back, and the reverse.",
    ]
      + (probed
        ? []
        : [
          "The language model was not probed: contrasts reach from the frames to the projector's output, and "
            + "the language model and its instruction are not judged."
        ]) + [
        "Curves are of linear probes (ridge); losses are of kernels, linear and Gaussian, over the output of a module in its "
          + "finest grid: what only another readout finds counts as lost.",
        "Scores are out of fold, grouped by episode, with every choice nested; intervals hold all together at the stated "
          + "confidence, conditional on the lambdas chosen.",
      ]
  }

  private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
