internal import Features
internal import Files
internal import Statistics
internal import Tensors

/// Features, splits, targets and predictions in an HDF5 file, so that anyone can fit the same probes elsewhere.
///
///     /targets [frames, q]  /target_names [q]  /episode  /row  /task  /fold [frames]  /lambdas
///     /episodes/file  /episodes/demonstration [episodes]   /tasks (instructions)
///     /groups/NAME (columns of targets)   /features/ENCODER.STAGE.READOUT   /predictions/ENCODER.STAGE.READOUT
///
/// Classes are read by logistic regression on `rank` leading principal components:
///
///     /logistic/rank  /logistic/lambdas   /logistic/classes/NAME [frames]
///     /logistic/probabilities/NAME/ENCODER.STAGE.READOUT [frames, classes]
///
/// Blocks of features are read by kernel ridge; of the frames' own features there is the linear kernel, from whose distances the
/// Gaussian one follows:
///
///     /kernels/blocks (dataset of each)  /kernels/cells [blocks]  /kernels/lambdas  /kernels/frames [frames, frames]
///     /kernels/baseline-FORM   and below /kernels/scores/NAME:
///     predictions [frames, q]   the candidates, weights [candidates, blocks] (0 for those left out)  gaussian  task_weight
///     and by outer fold and group, indices of what was chosen: chosen  lambda [folds, groups]
///
/// Frame f is the frame of row `row[f]` of demonstration `episodes/demonstration[episode[f]]`; target names are as
/// `ee-position.x`.
///
/// `fixtures/oracle/check_probes.py FILE` does so with scikit-learn.
package enum ProbeExport {
  /// Where every frame comes from.
  package struct Origin: Sendable {
    /// File and group of each episode.
    package let episodes: [(file: String, demonstration: String)]
    /// Row in its demonstration of every frame.
    package let rows: [Int]
    /// Instruction of each task.
    package let tasks: [String]

    package init(episodes: [(file: String, demonstration: String)], rows: [Int], tasks: [String]) {
      self.episodes = episodes
      self.rows = rows
      self.tasks = tasks
    }
  }

  package static func write(
    _ problem: ProbeProblem, _ findings: ProbeFindings, origin: Origin, settings: ProbeSettings,
    to path: String
  ) throws {
    let writer = try HDF5Writer(path)
    try writer.setAttribute("writer", of: "/", .strings([OutputPlace.Kind.writer], []))
    let frames = problem.frameCount
    let targets = Matrix.beside(problem.targets.map(\.values))
    try writer.write(targets.values, to: "/targets", shape: [frames, targets.columns])
    let names = problem.targets.flatMap { target in target.columns.map { "\(target.target.id).\($0)" } }
    try writer.write(names, to: "/target_names")
    try writer.write(origin.episodes.map(\.file), to: "/episodes/file")
    try writer.write(origin.episodes.map(\.demonstration), to: "/episodes/demonstration")
    try writer.write(origin.tasks, to: "/tasks")
    try writer.write(origin.rows, to: "/row", shape: [frames])
    try writer.write(problem.episodeOfFrame, to: "/episode", shape: [frames])
    try writer.write(problem.taskOfFrame, to: "/task", shape: [frames])
    let folds = problem.episodeOfFrame.map { findings.folds.ofEpisode[$0] }
    try writer.write(folds, to: "/fold", shape: [frames])
    try writer.write(settings.lambdas, to: "/lambdas", shape: [settings.lambdas.count])
    for (target, columns) in zip(problem.targets, problem.groups) {
      try writer.write(columns, to: "/groups/\(name(target))", shape: [columns.count])
    }
    for (name, score) in findings.sets {
      let kept = score.predictions.columns(0..<targets.columns)
      try writer.write(kept.values, to: "/predictions/\(name)", shape: [frames, kept.columns])
    }
    try writeClasses(problem, findings, settings, to: writer)
    try writeKernels(problem, findings, to: writer)
    for role in ProbeScore.EncoderRole.allCases where role != .comparison || problem.comparison != nil {
      let source = problem.source(role)
      for (index, stage) in source.stages.enumerated() {
        for readout in [Readout.mean, .grid, .fine] {
          guard let features = try source.features(index, readout) else { continue }
          try writer.write(
            features.values, to: "/features/\(role.rawValue).\(stage.name).\(readout.rawValue)",
            shape: features.shape)
        }
      }
    }
    try writer.commit()
  }

  private static func name(_ target: ResolvedTarget) -> String {
    target.target.id.split(separator: "/").joined(separator: ".")
  }

  private static func writeClasses(
    _ problem: ProbeProblem, _ findings: ProbeFindings, _ settings: ProbeSettings, to writer: HDF5Writer
  ) throws {
    let lambdas = NestedLogistic.defaultLambdas
    try writer.write([settings.refitRank], to: "/logistic/rank", shape: [1])
    try writer.write(lambdas, to: "/logistic/lambdas", shape: [lambdas.count])
    for (index, target) in problem.targets.enumerated() {
      guard let classes = target.classes else { continue }
      try writer.write(classes.ofFrame, to: "/logistic/classes/\(name(target))", shape: [problem.frameCount])
      for (set, score) in findings.sets {
        guard let probabilities = score.classes[index]?.probabilities else { continue }
        try writer.write(
          probabilities.values, to: "/logistic/probabilities/\(name(target))/\(set)",
          shape: [probabilities.rows, probabilities.columns])
      }
    }
  }

  private static func writeKernels(
    _ problem: ProbeProblem, _ findings: ProbeFindings, to writer: HDF5Writer
  ) throws {
    let frames = problem.frameCount
    let exits = problem.ladder.rungs.flatMap(\.blocks)
    let baselines = problem.baselineForms.map { ("baseline-\($0.rawValue)", problem.baselines[$0]!) }
    let blocks =
      ["/kernels/frames"]
      + exits.map { exit in
        let stage = problem.trained.stages[exit]
        return "/features/trained.\(stage.name).\(stage.finest.rawValue)"
      }
      + baselines.map { "/kernels/\($0.0)" }
    let cells =
      [1]
      + (try exits.map { exit in
        let stage = problem.trained.stages[exit]
        return max((try problem.trained.features(exit, stage.finest)?.rowWidth ?? 0) / stage.width, 1)
      }) + baselines.map { _ in 1 }
    try writer.write(blocks, to: "/kernels/blocks")
    try writer.write(cells, to: "/kernels/cells", shape: [cells.count])
    try writer.write(KernelRidge.lambdas, to: "/kernels/lambdas", shape: [KernelRidge.lambdas.count])
    try writer.write(problem.frames.linear.values, to: "/kernels/frames", shape: [frames, frames])
    for (name, values) in baselines {
      try writer.write(values.values, to: "/kernels/\(name)", shape: [frames, values.columns])
    }
    for (name, score) in findings.joint.named {
      let path = "/kernels/scores/\(name)"
      let candidates = score.candidates
      let weights = candidates.flatMap { candidate in
        var weights = [Double](repeating: 0, count: blocks.count)
        for (block, weight) in zip(candidate.blocks, candidate.weights) { weights[block] = weight }
        return weights
      }
      let chosen = score.choices.flatMap { $0 }
      let shape: Shape = [score.choices.count, score.r2.count]
      try writer.write(
        score.predictions.values, to: "\(path)/predictions", shape: [frames, score.predictions.columns])
      try writer.write(weights, to: "\(path)/weights", shape: [candidates.count, blocks.count])
      try writer.write(
        candidates.map { $0.hasGaussian ? 1 : 0 }, to: "\(path)/gaussian", shape: [candidates.count])
      try writer.write(candidates.map(\.taskWeight), to: "\(path)/task_weight", shape: [candidates.count])
      try writer.write(
        chosen.map { candidates.firstIndex(of: $0.candidate)! }, to: "\(path)/chosen", shape: shape)
      try writer.write(chosen.map(\.lambda), to: "\(path)/lambda", shape: shape)
    }
  }
}
