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

  /// Takes folds as given, for tests and for splits made elsewhere.
  package init(count: Int, ofEpisode: [Int], episodeOfFrame: [Int]) {
    self.count = count
    self.ofEpisode = ofEpisode
    self.episodeOfFrame = episodeOfFrame
    var frames = [[Int]](repeating: [], count: count)
    for (frame, episode) in episodeOfFrame.enumerated() { frames[ofEpisode[episode]].append(frame) }
    self.frames = frames
  }

  /// Deals the shuffled episodes of one task after another to the folds in turn, so that folds differ by at most
  /// one episode and a task with two episodes or more is in two folds or more.
  ///
  /// `tasks[e]`: the task of episode `e`.
  package init(tasks: [Int], episodeOfFrame: [Int], count: Int, seed: UInt64) {
    let count = min(count, tasks.count)
    var generator = SeededGenerator(seed: seed, purpose: "folds")
    var ofEpisode = [Int](repeating: 0, count: tasks.count)
    var next = 0
    for task in Set(tasks).sorted() {
      for episode in generator.shuffled(tasks.indices.filter { tasks[$0] == task }) {
        ofEpisode[episode] = next % count
        next += 1
      }
    }
    self.init(count: count, ofEpisode: ofEpisode, episodeOfFrame: episodeOfFrame)
  }

  package var episodeCount: Int { ofEpisode.count }
  package var frameCount: Int { episodeOfFrame.count }

  /// The frames outside the named folds, ascending.
  package func frames(outside held: Set<Int>) -> [Int] {
    episodeOfFrame.indices.filter { !held.contains(ofEpisode[episodeOfFrame[$0]]) }
  }
}
