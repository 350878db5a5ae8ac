internal import Statistics

extension LadderScores {
  /// Of targets that are positions, that of the thing that moves most, in the episode that is read neither well nor badly.
  package func traces(_ problem: ProbeProblem) -> [ProbeTrace] {
    let last = from[problem.ladder.rungs.count]
    return zip(problem.targets, problem.groups).compactMap { target, group in
      guard target.target.score == .r2, let places = Self.position(in: target) else { return nil }
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

  /// The columns `x`, `y` and `z`, `puck.x` and so on, or `goal_pos[0]` and so on where that is in metres, as far as they change; of
  /// several things those of the one that moves most.
  private static func position(in target: ResolvedTarget) -> [Int]? {
    let isInMetres = target.errors.contains { $0.unit == .millimetres }
    func thing(_ column: String) -> Substring? {
      if let named = column.wholeMatch(of: /(|.+\.)[xyz]/) { return named.1 }
      return isInMetres ? column.wholeMatch(of: /(.+)\[[012]\]/)?.1 : nil
    }
    let things = Dictionary(
      grouping: target.columns.indices.filter { thing(target.columns[$0]) != nil },
      by: { thing(target.columns[$0])! }
    ).values.filter { $0.count > 1 }
    func spread(_ columns: [Int]) -> Double {
      var values = target.values.columns(columns)
      values.subtractFromRows(values.columnMeans())
      return values.columnSquares().reduce(0, +)
    }
    return things.max { (spread($0), $1[0]) < (spread($1), $0[0]) }
  }
}
