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
      let name = target.target.id.split(separator: "/").joined(separator: ".")
      try writer.write(columns, to: "/groups/\(name)", shape: [columns.count])
    }
    for (name, predictions) in findings.predictions {
      let kept = predictions.columns(0..<targets.columns)
      try writer.write(kept.values, to: "/predictions/\(name)", shape: [frames, kept.columns])
    }
    for role in ProbeScore.EncoderRole.allCases where role != .comparison || problem.comparison != nil {
      let source = problem.source(role)
      for (index, stage) in source.stages.enumerated() {
        for readout in ProbeEvaluation.readouts(stage) {
          guard let features = try source.features(index, readout) else { continue }
          try writer.write(
            features.values, to: "/features/\(role.rawValue).\(stage.name).\(readout.rawValue)",
            shape: features.shape)
        }
      }
    }
    try writer.commit()
  }
}
