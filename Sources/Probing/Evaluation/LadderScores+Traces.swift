internal import Datasets
internal import Statistics

extension LadderScores {
  /// Of targets with points, the path of the one that moves most, in the episode that is read neither well nor badly.
  package func traces(_ problem: ProbeProblem) -> [ProbeTrace] {
    let last = from[problem.ladder.rungs.count]
    return zip(problem.targets, problem.groups).compactMap { target, group in
      guard let point = target.farthestMoving(where: { $0.columns.count > 1 }) else { return nil }
      let places = point.columns
      let columns = places.map { group[$0] }
      let truth = target.values.columns(places)
      var misses = truth
      misses -= last.predictions.columns(columns)
      let frames = problem.tasks.indices.map { episode in
        problem.episodeOfFrame.indices.filter { problem.episodeOfFrame[$0] == episode }
      }
      let errors = frames.map { frames in
        misses.rows(frames).columnSquares().reduce(0, +) / Double(max(frames.count, 1))
      }
      let episode = errors.indices.sorted { (errors[$0], $0) < (errors[$1], $1) }[errors.count / 2]
      func path(_ values: Matrix) -> [[Double]] { frames[episode].map { Array(values.row($0)) } }
      return ProbeTrace(
        target: target.target.id, episode: episode, task: problem.instructions[problem.tasks[episode]],
        columns: places.map { target.columns[$0] }, truth: path(truth),
        frames: path(self.frames.predictions.columns(columns)), model: path(last.predictions.columns(columns))
      )
    }
  }

  /// Of targets with places in the world, that of the thing that moves most, as `frames` show it.
  package func projections(
    _ problem: ProbeProblem, into frames: [ProbeProjections.Frame]
  ) -> [ProbeProjections.Point] {
    let last = from[problem.ladder.rungs.count]
    return zip(problem.targets, problem.groups).flatMap { target, group -> [ProbeProjections.Point] in
      guard let point = target.farthestMoving(where: \.isInWorld) else { return [] }
      return frames.map { frame in
        let truth = point.place { target.values[frame.index, $0] }
        func place(_ world: [Double]) -> ProbeProjections.Place {
          ProbeProjections.Place(world, from: truth, seen: frame.projection(world))
        }
        func read(_ score: KernelSets.Score) -> ProbeProjections.Place {
          place(point.place { score.predictions[frame.index, group[$0]] })
        }
        return ProbeProjections.Point(
          target: target.target.id, episode: frame.episode, row: frame.row, columns: point.names,
          truth: place(truth), frames: read(self.frames), model: read(last))
      }
    }
  }
}
