internal import Features
internal import Statistics

extension ScoreTable {
  /// Every target in every task of enough episodes, from the predictions that the losses rest on; empty where there is one
  /// such task only.
  ///
  /// - Parameter instructions: of every task.
  func byTask(_ instructions: [String]) -> [ProbeTaskScore] {
    let tasks = Set(problem.tasks).sorted()
    let judged = tasks.filter { task in problem.tasks.count { $0 == task } >= ProbeTaskScore.leastEpisodes }
    guard judged.count > 1 else { return [] }
    let place = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1, $0) })
    let groupOfEpisode = problem.tasks.map { place[$0]! }
    // U_1 ... U_n: without the frames.
    let exits = Array(zip(ladder.rungs, joint.from.dropFirst()))
    let readings = targetIndices.map { target in
      ([joint.frames] + exits.map(\.1)).map { score in
        GroupedR2(
          score.predictions.columns(validation.targetGroups[target]), problem.targets[target].values,
          episodeOfFrame: problem.episodeOfFrame, groupOfEpisode: groupOfEpisode,
          unitOfEpisode: validation.folds.groupOfEpisode)
      }
    }
    let rows = targetIndices.flatMap { target in judged.map { (target: target, task: $0) } }
    let intervals = differences(rows.map { (readings[$0.target].last!, place[$0.task]!) })
    return zip(rows, intervals).map { row, interval in
      let isOfClasses = problem.targets[row.target].target.score == .classes
      let found = readings[row.target].map { isOfClasses ? nil : $0.r2[place[row.task]!] }
      return ProbeTaskScore(
        target: problem.targets[row.target].target.id, task: instructions[row.task],
        episodes: problem.tasks.count { $0 == row.task }, frames: found[0],
        exits: exits.enumerated().map { index, exit in
          ProbeTaskScore.Exit(
            module: exit.0.module, r2: found[index + 1],
            accuracy: accuracy(exit: exit.0.exit, target: row.target, task: row.task))
        },
        difference: isOfClasses ? nil : interval?.value, interval: isOfClasses ? nil : interval?.interval)
    }
  }

  /// By row, for groups that can be told apart: the difference from the others, all intervals holding together.
  private func differences(_ rows: [(reading: GroupedR2, group: Int)]) -> [ModuleLosses.Estimate?] {
    let known = rows.indices.filter { rows[$0].reading.differences[rows[$0].group] != nil }
    let values = known.map { rows[$0].reading.differences[rows[$0].group]! }
    let columns = known.map { rows[$0].reading.deleted.columns([rows[$0].group]) }
    guard !columns.isEmpty else { return rows.map { _ in nil } }
    let intervals = MaxT.intervals(
      values, deleted: .beside(columns), confidence: validation.settings.confidence,
      seed: validation.settings.seed)
    var result = [ModuleLosses.Estimate?](repeating: nil, count: rows.count)
    for (index, row) in known.enumerated() {
      result[row] = ModuleLosses.Estimate(value: values[index], interval: intervals[index])
    }
    return result
  }

  private func accuracy(exit: Int, target: Int, task: Int) -> Double? {
    guard let classes = validation.classes[target], let fit = score(.trained, exit, .chosen)?.classes[target]
    else { return nil }
    let frames = problem.taskOfFrame.indices.filter { problem.taskOfFrame[$0] == task }
    return ClassScore(fit.probabilities.rows(frames), frames.map { classes.ofFrame[$0] }).accuracy
  }
}
