internal import Statistics

extension Wording {
  /// By target the task that is surely read worse than the others, by more than the margin; the worst where there are several.
  package static func worstTasks(
    _ rows: [ProbeTaskScore], _ references: [TargetReferences], _ targets: [ResolvedTarget]
  ) -> [String] {
    zip(references, targets).compactMap { reference, target in
      let worse = rows.filter { $0.target == reference.target && $0.isWorse(by: reference.delta) }
      guard let worst = worse.min(by: { ($0.difference ?? 0) < ($1.difference ?? 0) }),
        let difference = worst.difference, let interval = worst.interval, let last = worst.exits.last,
        let r2 = last.r2
      else { return nil }
      let frames = worst.frames.map { "; the frames tell \(number($0)) there" } ?? ""
      return
        "The \(target.target.title) is read worst in the task \u{201C}\(worst.task)\u{201D}: \(number(r2)) R2 about its own mean "
        + "from the \(last.module.short)'s output, \(number(-difference)) less than in the other tasks (interval "
        + "\(range(Interval(lower: -interval.upper, upper: -interval.lower))))\(frames)."
    }
  }

  /// Of what is left at the end, by target.
  package static func learning(
    _ curves: [ProbeLearningCurve], _ references: [TargetReferences], _ targets: [ResolvedTarget]
  ) -> String? {
    let last = references.compactMap { reference in curves.last { $0.target == reference.target } }
    let known = zip(zip(references, targets), last).compactMap { own, curve in
      curve.gain.map { (title: own.1.target.title, delta: own.0.delta, gain: $0) }
    }
    guard !known.isEmpty else { return nil }
    let rising = known.filter { $0.gain.isSure && $0.gain.value > $0.delta }
    let said = rising.map { "\(number($0.gain.value)) R2 for the \($0.title)" }
    guard !said.isEmpty else {
      return
        "Half of the episodes read about as much as all of them: more of the same would hardly change what is read."
    }
    let others = known.count - rising.count
    return
      "More episodes would still read more: all of them read more than half of them by \(said.joined(separator: ", "))"
      + (others == 0
        ? "." : "; of the other \(others == 1 ? "target" : "\(others) targets") that cannot be said.")
  }
}
