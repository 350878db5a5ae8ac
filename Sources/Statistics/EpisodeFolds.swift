internal import Tensors

/// Which fold every episode is tested in; all frames of an episode go together.
package struct EpisodeFolds: Sendable, Equatable {
  package let count: Int
  /// Fold of each episode.
  package let ofEpisode: [Int]
  /// Episode of each frame.
  package let episodeOfFrame: [Int]
  /// Frames of each fold, ascending.
  package let frames: [[Int]]
  /// Whether each episode may be trained on; the others are tested only.
  package let isTrained: [Bool]
  /// Group of each episode, counted from 0: those of one group may share rows. By groups the jackknife leaves out, so that what is
  /// left never holds a row of what was left out.
  package let groupOfEpisode: [Int]

  /// Takes folds as given, for tests and for splits made elsewhere; `trained`: the episodes that may be trained on, by default all;
  /// `groups`: any number that those of one group have in common, by default each episode is one.
  package init(
    count: Int, ofEpisode: [Int], episodeOfFrame: [Int], trained: Set<Int>? = nil, groups: [Int]? = nil
  ) {
    self.count = count
    var known: [Int: Int] = [:]
    groupOfEpisode = (groups ?? Array(ofEpisode.indices)).map { group in
      let number = known[group] ?? known.count
      known[group] = number
      return number
    }
    isTrained = ofEpisode.indices.map { trained?.contains($0) ?? true }
    self.ofEpisode = ofEpisode
    self.episodeOfFrame = episodeOfFrame
    var frames = [[Int]](repeating: [], count: count)
    for (frame, episode) in episodeOfFrame.enumerated() { frames[ofEpisode[episode]].append(frame) }
    self.frames = frames
  }

  /// Deals the shuffled episodes of one task after another to the folds in turn, so that folds differ by at most
  /// one episode and a task with two episodes or more is in two folds or more.
  ///
  /// - Parameters:
  ///   - tasks: the task of each episode.
  ///   - groups: the group of each; those of one group, which may share rows, are in one fold. By default each is its own.
  package init(
    tasks: [Int], groups: [Int]? = nil, episodeOfFrame: [Int], count: Int, seed: UInt64
  ) {
    let groups = groups ?? Array(tasks.indices)
    let count = min(count, Set(groups).count)
    var ofGroup: [Int: Int] = [:]
    var generator = SeededGenerator(seed: seed, purpose: "folds")
    var ofEpisode = [Int](repeating: 0, count: tasks.count)
    var next = 0
    for task in Set(tasks).sorted() {
      for episode in generator.shuffled(tasks.indices.filter { tasks[$0] == task }) {
        if ofGroup[groups[episode]] == nil {
          ofGroup[groups[episode]] = next % count
          next += 1
        }
        ofEpisode[episode] = ofGroup[groups[episode]]!
      }
    }
    self.init(count: count, ofEpisode: ofEpisode, episodeOfFrame: episodeOfFrame, groups: groups)
  }

  package var episodeCount: Int { ofEpisode.count }
  package var frameCount: Int { episodeOfFrame.count }
  package var groupCount: Int { (groupOfEpisode.max() ?? -1) + 1 }
  /// Group of each frame.
  package var groupOfFrame: [Int] { episodeOfFrame.map { groupOfEpisode[$0] } }

  /// The frames outside the named folds that may be trained on, ascending.
  package func frames(outside held: Set<Int>) -> [Int] {
    episodeOfFrame.indices.filter {
      isTrained[episodeOfFrame[$0]] && !held.contains(ofEpisode[episodeOfFrame[$0]])
    }
  }

  /// The frames of a fold that may be trained on: what an inner fold validates on.
  package func trainedFrames(of fold: Int) -> [Int] { frames[fold].filter { isTrained[episodeOfFrame[$0]] } }

  /// The same folds with fewer episodes to train on. Those of every task in turn, so that few of many tasks are left evenly;
  /// a smaller share is part of a larger one.
  package func thinned(to share: Double, tasks: [Int], seed: UInt64) -> EpisodeFolds {
    var generator = SeededGenerator(seed: seed, purpose: "thinning")
    let ofTask = Set(tasks).sorted().map { task in
      generator.shuffled(tasks.indices.filter { tasks[$0] == task })
    }
    let longest = ofTask.map(\.count).max() ?? 0
    let order = (0..<longest).flatMap { place in ofTask.filter { place < $0.count }.map { $0[place] } }
    let kept = order.prefix(Int((share * Double(order.count)).rounded()))
    return EpisodeFolds(
      count: count, ofEpisode: ofEpisode, episodeOfFrame: episodeOfFrame, trained: Set(kept),
      groups: groupOfEpisode)
  }
}
