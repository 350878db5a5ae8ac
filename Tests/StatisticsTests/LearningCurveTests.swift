import Statistics
import Tensors
import Testing

@Suite struct LearningCurveTests {
  /// A state that differs between episodes, seen through 40 noisy channels; labels are linear in it.
  private struct Simulation {
    let ridge: KernelRidge
    let tasks: [Int]

    init(episodes: Int, seed: UInt64) throws {
      var generator = SeededGenerator(seed: seed, purpose: "learning curve")
      func normal(_ rows: Int, _ columns: Int) -> Matrix {
        Matrix(rows, columns, (0..<rows * columns).map { _ in generator.normal() })
      }
      let episodeOfFrame = (0..<episodes).flatMap { [Int](repeating: $0, count: 4) }
      let tasks = (0..<episodes).map { $0 % 4 }
      let state = normal(episodes, 6).rows(episodeOfFrame)
      var features = state.times(normal(6, 40))
      features.add(normal(features.rows, 40), times: 2)
      var labels = state.times(normal(6, 2))
      labels.add(normal(labels.rows, 2), times: 0.3)
      let folds = EpisodeFolds(tasks: tasks, episodeOfFrame: episodeOfFrame, count: 5, seed: seed)
      ridge = KernelRidge(
        [try FrameKernels(features)], taskOfFrame: episodeOfFrame.map { tasks[$0] }, folds: folds,
        responses: labels)
      self.tasks = tasks
    }

    func curve() throws -> (curve: LearningCurve, score: KernelSets.Score) {
      let score = try KernelSets(ridge, candidates: ridge.candidates([0]), groups: [[0, 1]]).scores([
        ridge.candidates([0])
      ])[0]
      return (try LearningCurve.of([score], ridge, groups: [[0, 1]], tasks: tasks, seed: 0)[0], score)
    }
  }

  @Test func moreEpisodesReadMoreAndMoreSurely() throws {
    var sums = [Double](repeating: 0, count: 4)
    var spreads = sums
    for seed in 0..<8 {
      let (curve, score) = try Simulation(episodes: 60, seed: UInt64(seed)).curve()
      #expect(curve.points.map(\.episodes) == [12, 24, 36, 48])
      #expect(curve.points.last?.r2 == score.r2)
      for (index, point) in curve.points.enumerated() {
        sums[index] += point.r2[0] / 8
        spreads[index] += point.spreads[0] / 8
      }
    }
    #expect(sums == sums.sorted() && sums[3] - sums[0] > 0.05)
    #expect(spreads[3] < spreads[0])
  }

  /// What is foretold is enough: where more episodes also read more, spreads fall faster than with the root of their number.
  @Test func foretellsTheSpreadOfMoreEpisodes() throws {
    func spread(_ episodes: Int) throws -> Double {
      try (0..<8).reduce(0) { sum, seed in
        let curve = try Simulation(episodes: episodes, seed: UInt64(seed)).curve().curve
        return sum + curve.points.last!.spreads[0] / 8
      }
    }
    let (few, many) = (try spread(40), try spread(120))
    let foretold = LearningCurve.episodes(forHalfWidth: many, from: few, with: 40)
    #expect(foretold >= 100, "\(foretold)")
    #expect(LearningCurve.episodes(forHalfWidth: 0.02, from: 0.04, with: 60) == 240)
    #expect(LearningCurve.episodes(forHalfWidth: 0.05, from: 0.04, with: 60) == 60)
  }

  @Test func smallerSharesArePartOfLargerOnesAndEvenOverTasks() {
    let tasks = (0..<40).map { $0 % 10 }
    let folds = EpisodeFolds(tasks: tasks, episodeOfFrame: Array(0..<40), count: 5, seed: 3)
    let kept = [0.25, 0.5, 0.75].map { share in
      let thin = folds.thinned(to: share, tasks: tasks, seed: 1)
      #expect(thin.frames == folds.frames && thin.ofEpisode == folds.ofEpisode)
      return Set(tasks.indices.filter { thin.isTrained[$0] })
    }
    #expect(
      kept.map(\.count) == [10, 20, 30] && kept[0].isSubset(of: kept[1]) && kept[1].isSubset(of: kept[2]))
    #expect(Set(kept[0].map { tasks[$0] }).count == 10)
  }
}
