internal import Statistics
internal import Tensors

extension LadderScores {
  /// By target, of the frames' features and of what is left from each module's output on.
  ///
  /// - Parameter modules: that `from` is of, in order.
  func learningCurves(
    _ problem: ProbeProblem, modules: [ProbeModule], seed: UInt64, progress: ProgressHandler? = nil
  ) throws(VLMError) -> [ProbeLearningCurve] {
    let readers: [(module: ProbeModule?, score: KernelSets.Score)] =
      [(nil, frames)] + zip(modules, from.dropFirst()).map { ($0, $1) }
    let curves = try LearningCurve.of(
      readers.map(\.score), ridge, groups: problem.groups, tasks: problem.tasks, seed: seed
    ) { done, all in
      progress?(
        ProgressReport(activity: "training on fewer episodes", completed: done, total: all, unit: .steps))
    }
    return problem.targets.enumerated().flatMap { index, target in
      zip(readers, curves).map { reader, curve in
        let points = curve.points
        let all = points[points.count - 1]
        let half = points.first { abs($0.episodes - all.episodes / 2) <= 1 }
        return ProbeLearningCurve(
          target: target.target.id, module: reader.module,
          points: points.map {
            ProbeLearningCurve.Point(episodes: $0.episodes, r2: $0.r2[index], spread: $0.spreads[index])
          },
          gain: half.map { half in
            let gain = all.difference(from: half, target: index)
            return ProbeLearningCurve.Gain(value: gain.value, spread: gain.spread)
          })
      }
    }
  }
}
