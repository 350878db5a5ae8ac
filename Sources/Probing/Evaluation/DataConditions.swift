package import Statistics
package import Tensors

/// What the demonstrations alone decide of a verdict, known before anything is encoded.
package enum DataConditions {
  /// - Throws: `probing.data.too-few` when nested folds by episode cannot be made at all.
  package static func require(episodes: Int, settings: ProbeSettings) throws(VLMError) {
    guard episodes >= 3, settings.folds >= 3 else {
      throw VLMError(
        .probeDataTooFew, "\(episodes) episodes in \(settings.folds) folds; nested folds need 3 of each",
        remedy: "give more demonstrations")
    }
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
        name: "episodes", passed: tasks.count >= settings.minimumEpisodes,
        sentence: "\(tasks.count) episodes; at least \(settings.minimumEpisodes) are needed", required: true),
      ProbeGate(
        name: "folds", passed: thin == 0,
        sentence: thin == 0
          ? "every task is in two folds or more"
          : "\(thin) of \(foldsOfTask.count) tasks are in one fold only, so they are tested untrained",
        required: true),
    ]
  }
}
