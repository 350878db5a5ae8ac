package import Features
internal import Images
package import Runtime
public import Statistics
internal import Tensors

/// What the instruction is to one target: how much the language model's output tells of it beside the task's own instruction,
/// beside another task's, and beside none.
///
/// R2 out of fold, by kernel ridge that is not told the task. Where the scene gives the task away the three are alike.
public struct InstructionContrast: Encodable, Sendable, Equatable {
  /// What a model is told beside a frame.
  package enum Told: String, CaseIterable, Sendable {
    case right, wrong, none

    /// - Parameter tasks: all instructions.
    package func sample(_ sample: Sample, tasks: [String]) -> Sample {
      switch self {
      case .right: return sample
      case .none: return Sample(images: sample.images, instruction: "")
      case .wrong:
        let own = tasks.firstIndex(of: sample.instruction ?? "") ?? 0
        // Not the next one for all, which would be a code of the task.
        let other = Int(
          SeededGenerator.hash(of: "\(sample.images.first?.pixels.reduce(0) { $0 &+ Int($1) } ?? 0)")
            % UInt64(max(tasks.count - 1, 1)))
        return Sample(images: sample.images, instruction: tasks[(own + 1 + other) % tasks.count])
      }
    }
  }

  /// A difference of two scores.
  public struct Gain: Encodable, Sendable, Equatable {
    /// R2.
    public let value: Double
    /// Simultaneous over all targets, over the wrong instruction and over none.
    public let interval: Interval

    package init(value: Double, interval: Interval) {
      (self.value, self.interval) = (value, interval)
    }
  }

  /// A target.
  public let target: String
  /// R2 with the task's own instruction.
  public let right: Double
  /// R2 with another task's.
  public let wrong: Double
  /// R2 with none.
  public let none: Double
  /// `right` less `wrong`.
  public let overWrong: Gain
  /// `right` less `none`.
  public let overNone: Gain
  /// What may be said.
  public let sentence: String

  package init(
    target: String, right: Double, wrong: Double, none: Double, overWrong: Gain, overNone: Gain,
    sentence: String
  ) {
    (self.target, self.right, self.wrong, self.none) = (target, right, wrong, none)
    (self.overWrong, self.overNone, self.sentence) = (overWrong, overNone, sentence)
  }

  /// - Parameters:
  ///   - sources: what the model gave, by what it was told: right, wrong, none.
  static func all(
    _ problem: ProbeProblem, _ sources: [any FeatureSource], folds: EpisodeFolds, settings: ProbeSettings,
    deltas: [Double]
  ) throws -> [InstructionContrast] {
    let responses = Matrix.beside(problem.targets.map(\.values))
    let groups = problem.groups
    let scores = try sources.map { source in
      let blocks = try ProbeEvaluation.exits(of: source).last!
      // One task for all: the model has to know it.
      let ridge = KernelRidge(
        blocks, taskOfFrame: [Int](repeating: 0, count: folds.frameCount), folds: folds, responses: responses)
      let candidates = LadderScores.Sets([blocks.count], upstream: 0).from.last!.flatMap {
        ridge.candidates($0)
      }
      return try KernelSets(ridge, candidates: candidates, groups: groups).scores([candidates])[0]
    }
    let pairs = problem.targets.indices.flatMap { target in [1, 2].map { (target: target, other: $0) } }
    let values = pairs.map { scores[0].r2[$0.target] - scores[$0.other].r2[$0.target] }
    var deleted = Matrix(folds.groupCount, pairs.count)
    for (column, pair) in pairs.enumerated() {
      for group in 0..<folds.groupCount {
        deleted[group, column] =
          scores[0].deleted[group, pair.target] - scores[pair.other].deleted[group, pair.target]
      }
    }
    let intervals = MaxT.intervals(
      values, deleted: deleted, confidence: settings.confidence, seed: settings.seed)
    return problem.targets.indices.map { target in
      let gains = [2 * target, 2 * target + 1].map { Gain(value: values[$0], interval: intervals[$0]) }
      return InstructionContrast(
        target: problem.targets[target].target.id, right: scores[0].r2[target], wrong: scores[1].r2[target],
        none: scores[2].r2[target], overWrong: gains[0], overNone: gains[1],
        sentence: Wording.instruction(
          problem.targets[target].target.title, gains[0], gains[1], delta: deltas[target]))
    }
  }
}

extension Wording {
  /// Whether the language model's output of a target rests on what it is told.
  static func instruction(
    _ title: String, _ overWrong: InstructionContrast.Gain, _ overNone: InstructionContrast.Gain,
    delta: Double
  ) -> String {
    func said(_ gain: InstructionContrast.Gain, _ name: String) -> String {
      "\(number(gain.value)) R2 less with \(name) (\(range(gain.interval)))"
    }
    let figures = "\(said(overWrong, "another task's instruction")), \(said(overNone, "none"))"
    let gains = [overWrong, overNone]
    let meaning =
      gains.contains { $0.interval.lower > delta }
      ? "the language model uses what it is told"
      : gains.allSatisfy { $0.interval.upper < delta }
        ? "what it is told makes no difference worth naming"
        : "whether it uses what it is told is open"
    return "For the \(title) its output reads \(figures): \(meaning)."
  }
}

extension ProbeEvaluation {
  /// What the instruction is to each target.
  ///
  /// - Parameters:
  ///   - wrong, none: what the model gave when it was told another task's instruction, and none.
  package static func instructions(
    _ problem: ProbeProblem, _ findings: ProbeFindings, wrong: any FeatureSource, none: any FeatureSource,
    settings: ProbeSettings
  ) throws -> [InstructionContrast] {
    try SingleThreadedBLAS.during {
      try InstructionContrast.all(
        problem, [problem.trained, wrong, none], folds: findings.folds, settings: settings,
        deltas: findings.references.map(\.delta))
    }
  }
}
