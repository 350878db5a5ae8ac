internal import Features
internal import Probing

/// What the parts of a probe report are called in front of people.
enum ProbeWords {
  /// The verdict in a handful of words.
  static func headline(_ verdict: ProbeVerdict) -> String {
    let names = verdict.modules.map(\.name).joined(separator: " and ")
    return switch verdict.outcome {
    case .bottleneck: "Bottleneck: \(names)"
    case .none: "No bottleneck found"
    case .tied:
      verdict.modules.count > 1 ? "Tied: \(names)" : "Undecided" + (names.isEmpty ? "" : ": \(names)")
    case .notIdentifiable: "Not identifiable"
    }
  }

  static func readout(_ readout: Readout, _ settings: ProbeSettings) -> String {
    switch readout {
    case .mean: "mean over tokens"
    case .grid: "\(settings.gridSide) × \(settings.gridSide) grid"
    case .fine: "finer grid"
    case .attentive: "learned query"
    case .chosen: "best of \(settings.attends ? "mean, grid and query" : "mean and grid")"
    case .vector: "vector"
    }
  }

  static func encoder(_ role: ProbeScore.EncoderRole, _ report: ProbeReport) -> String {
    switch role {
    case .trained:
      report.comparisonSubject == nil ? "this checkpoint" : "this checkpoint (\(report.subject.precision))"
    case .comparison: "compared" + (report.comparisonSubject.map { " (\($0.precision))" } ?? "")
    case .randomlyInitialised: "randomly initialised"
    case .none: "no encoder"
    }
  }

  /// The same in one or two words, for narrow tables.
  static func shortEncoder(_ role: ProbeScore.EncoderRole, _ report: ProbeReport) -> String {
    switch role {
    case .trained: "trained"
    case .comparison:
      report.comparisonSubject.flatMap { $0.precision == report.subject.precision ? nil : $0.precision }
        ?? "compared"
    case .randomlyInitialised: "random init"
    case .none: ""
    }
  }

  static func role(_ role: ProbeScore.EncoderRole) -> Series.Role {
    switch role {
    case .trained, .none: .model
    case .comparison: .compared
    case .randomlyInitialised: .random
    }
  }

  static func stage(_ stage: ProbeStage) -> StageAxis.Stage {
    guard part(stage.name) == "language" else { return seen(stage) }
    let isLast = stage.name.hasSuffix(".last")
    let name = isLast ? String(stage.name.dropLast(5)) : stage.name
    guard let block = blockNumber(name) else {
      return isLast
        ? StageAxis.Stage(name: "last token", label: "last token")
        : StageAxis.Stage(name: "language model's norm", label: "LM norm")
    }
    return StageAxis.Stage(
      name: isLast ? "last token at language block \(block)" : "language block \(block)",
      label: (isLast ? "t" : "L") + String(block),
      block: block)
  }

  /// Of the vision side.
  private static func seen(_ stage: ProbeStage) -> StageAxis.Stage {
    switch stage.kind {
    case .pixels: StageAxis.Stage(name: "pixels", label: "pixels", isInput: true)
    case .embeddings: StageAxis.Stage(name: "embeddings", label: "embed.")
    case .norm: StageAxis.Stage(name: "final norm", label: "norm")
    case .pooled: StageAxis.Stage(name: "pooled", label: "pooled")
    case .projector: StageAxis.Stage(name: "projector", label: "projector")
    case .block:
      blockNumber(stage.name).map {
        StageAxis.Stage(name: "\(part(stage.name)) block \($0)", label: String($0), block: $0)
      }
        ?? StageAxis.Stage(name: stage.name, label: stage.name)
    }
  }

  /// The name of a score's stage: a rung of the ladder or a combination such as `O+L*`.
  ///
  /// In combinations O is the recorded state, B time, previous action and proprioception, L* the task.
  static func stage(named name: String, _ report: ProbeReport) -> String {
    let parts = name.split(separator: "+").map(String.init).map { part in
      switch part {
      case "O": "state"
      case "B": "baseline"
      case "L*": "task"
      default: report.stages.first { $0.name == part }.map { stage($0).name } ?? part
      }
    }
    return parts.joined(separator: " + ")
  }

  /// What a gate asks, in a few words.
  static func gate(_ name: String) -> String {
    switch name {
    case "episodes": "enough episodes"
    case "folds": "every task in two folds"
    case "range": "frames and model beat the floor"
    case "labels": "frames beat permuted labels"
    case "encoder": "training beats random weights"
    case "pixels": "encoder beats pixels"
    case "selectivity": "target beats random labels"
    case "permutation": "encoder beats permuted labels"
    case "instruction": "target takes picture and task"
    default: name
    }
  }

  /// The same in a word or two, for narrow tables.
  static func shortStage(named name: String, _ report: ProbeReport) -> String {
    guard let stage = report.stages.first(where: { $0.name == name }).map(stage) else { return name }
    return stage.block.map { "block \($0)" } ?? stage.label
  }

  static func target(_ name: String, _ report: ProbeReport) -> String {
    report.targets.first { $0.name == name }?.title ?? name
  }

  /// Of one that no report is at hand for.
  static func title(ofTarget name: String) -> String { (try? ProbeTarget.named(name))?.title ?? name }

  /// Names out of files keep their spelling.
  static func capitalised(_ text: String) -> String {
    text.hasPrefix("obs/") || text.hasPrefix("state/") ? text : text.prefix(1).uppercased() + text.dropFirst()
  }

  /// A checkpoint's last path component, which is what people call it.
  static func shortName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// `vision` of `vision.blocks.3`
  private static func part(_ name: String) -> Substring { name.prefix { $0 != "." } }

  private static func blockNumber(_ name: String) -> Int? {
    name.split(separator: ".").last.flatMap { Int($0) }
  }
}
