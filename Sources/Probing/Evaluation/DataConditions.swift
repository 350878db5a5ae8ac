package import Statistics
package import Tensors

/// What the demonstrations alone decide of a verdict, known before anything is encoded.
package enum DataConditions {
  /// - Parameter groups: of every episode in use; those of one group are in one fold.
  /// - Throws: `probing.data.too-few` when nested folds by group cannot be made at all.
  package static func require(groups: [Int], settings: ProbeSettings) throws(VLMError) {
    let count = Set(groups).count
    guard count >= 3, settings.folds >= 3 else {
      throw VLMError(
        .probeDataTooFew,
        "\(words(groups.count, count)) in \(settings.folds) folds; nested folds need 3 of each",
        remedy: "give more demonstrations")
    }
  }

  /// `12 episodes`, or `12 episodes of 2 runs` where several were cut from one run of the robot.
  private static func words(_ episodes: Int, _ groups: Int) -> String {
    groups < episodes ? "\(episodes) episodes of \(groups) runs" : "\(episodes) episodes"
  }

  /// `tasks[e]`: the task of episode `e`.
  package static func gates(
    tasks: [Int], folds: EpisodeFolds, settings: ProbeSettings
  ) -> [ProbeGate] {
    var foldsOfTask: [Int: Set<Int>] = [:]
    for (episode, task) in tasks.enumerated() {
      foldsOfTask[task, default: []].insert(folds.ofEpisode[episode])
    }
    let thin = foldsOfTask.values.count { $0.count < 2 }
    return [
      ProbeGate(
        name: "episodes", passed: folds.groupCount >= settings.minimumEpisodes,
        sentence: "\(words(tasks.count, folds.groupCount)); at least \(settings.minimumEpisodes) are needed",
        required: true),
      ProbeGate(
        name: "folds", passed: thin == 0,
        sentence: thin == 0
          ? "every task is in two folds or more"
          : "\(thin) of \(foldsOfTask.count) tasks are in one fold only, so they are tested untrained",
        required: true),
    ]
  }
}
