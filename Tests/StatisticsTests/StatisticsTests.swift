import Statistics
import Tensors
import Testing

@Suite struct StatisticsTests {
  @Suite struct Folds {
    @Test func holdWholeEpisodesAndSpreadEveryTask() {
      let tasks = (0..<23).map { $0 % 4 }
      let frames = (0..<23).flatMap { [Int](repeating: $0, count: 3 + $0 % 5) }
      let folds = EpisodeFolds(tasks: tasks, episodeOfFrame: frames, count: 5, seed: 1)
      let sizes = (0..<5).map { fold in folds.ofEpisode.count { $0 == fold } }
      #expect(sizes.max()! - sizes.min()! <= 1)
      for task in 0..<4 {
        #expect(Set(tasks.indices.filter { tasks[$0] == task }.map { folds.ofEpisode[$0] }).count >= 4)
      }
      #expect(folds.frames.flatMap { $0 }.sorted() == Array(frames.indices))
      #expect(folds == EpisodeFolds(tasks: tasks, episodeOfFrame: frames, count: 5, seed: 1))
      #expect(folds != EpisodeFolds(tasks: tasks, episodeOfFrame: frames, count: 5, seed: 2))
    }
  }

  @Suite struct Auc {
    @Test(
      arguments: [
        ([0.1, 0.4, 0.35, 0.8], [false, false, true, true], 0.75),
        ([1.0, 1, 1, 1], [true, false, true, false], 0.5),
        ([1.0, 2, 3], [true, false, false], 0.0),
      ] as [([Double], [Bool], Double)])
    func countsPairs(scores: [Double], labels: [Bool], expected: Double) {
      #expect(RankScore.auc(scores, labels) == expected)
    }

    @Test func needsBothKinds() { #expect(RankScore.auc([1, 2], [true, true]) == nil) }
  }

  @Suite struct Intervals {
    /// Means of independent normal samples, without each in turn: the largest of 20 absolute t values of 29 degrees.
    @Test func leavingOutEpisodesHoldsTogether() {
      var generator = SeededGenerator(seed: 5)
      let episodes = 30
      let samples = Matrix(episodes, 20, (0..<episodes * 20).map { _ in generator.normal() })
      let sums = samples.columnSums()
      var deleted = samples
      for row in 0..<episodes {
        for column in 0..<20 {
          deleted[row, column] = (sums[column] - samples[row, column]) / Double(episodes - 1)
        }
      }
      let intervals = MaxT.intervals(
        sums.map { $0 / Double(episodes) }, deleted: deleted, confidence: 0.95, seed: 1)
      for (column, interval) in intervals.enumerated() {
        let mean = sums[column] / Double(episodes)
        let squares = samples.column(column).reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let error = (squares / Double(episodes * (episodes - 1))).squareRoot()
        #expect(abs((interval.upper - interval.lower) / 2 / error - 3.33) < 0.25)
      }
    }

    @Test func aConstantIsAPoint() {
      let intervals = MaxT.intervals(
        [2], deleted: Matrix(10, 1, [Double](repeating: 5, count: 10)), confidence: 0.95, seed: 1)
      #expect(intervals == [Interval(lower: 2, upper: 2)])
    }
  }

  @Suite struct Deletions {
    /// Against a plain refit without the frames of each episode, or of several that belong together, at full rank and at the penalty
    /// of all.
    @Test(arguments: [1, 2, 3]) func equalRidgeWithoutTheGroup(episodes: Int) throws {
      let oracle = try RidgeOracle()
      let features = try Designs.centredColumns(try oracle.floats("narrow.features"))
      let targets = try oracle.matrix("targets")
      let episodeOfFrame = oracle.folds.episodeOfFrame
      // So many of each fold, one after another, are one group.
      let places = oracle.folds.ofEpisode.indices.map { episode in
        oracle.folds.ofEpisode[..<episode].count { $0 == oracle.folds.ofEpisode[episode] } / episodes
      }
      let folds = EpisodeFolds(
        count: oracle.folds.count, ofEpisode: oracle.folds.ofEpisode, episodeOfFrame: episodeOfFrame,
        groups: zip(oracle.folds.ofEpisode, places).map { 100 * $0 + $1 })
      #expect(episodes > 1 || folds.groupOfEpisode == Array(0..<folds.episodeCount))
      let design = PrimalDesign(features, standardised: false, folds: folds, fixed: targets)
      let responses = Responses(fixed: targets)
      let fit = try design.fit(leavingOut: [0], responses: responses)
      let lambdas = [0.01, 0.01, 1e-4, 1].map { $0 * fit.lambdaUnit }
      let deletion = EpisodeDeletion(rank: 1000, responses: 4)
      let errors = try deletion.squaredErrors(
        fit, along: try fit.leadingDirections(rank: deletion.rank), responses: responses, lambdas: lambdas,
        folds: folds, fold: 0)
      #expect(errors.rows == folds.groupCount && folds.groupCount <= folds.episodeCount)
      for group in 0..<folds.groupCount {
        let frames = (0..<folds.frameCount).filter { folds.groupOfFrame[$0] != group }
        let fewer = EpisodeFolds(
          count: folds.count, ofEpisode: folds.ofEpisode,
          episodeOfFrame: frames.map { folds.episodeOfFrame[$0] })
        let plain = PrimalDesign(
          features.rows(frames), standardised: false, folds: fewer, fixed: targets.rows(frames))
        let expected = try plain.fit(leavingOut: [0], responses: Responses(fixed: targets.rows(frames)))
          .squaredErrors(onFolds: [0], lambdas: lambdas)[0]
        for column in 0..<4 {
          #expect(abs(errors[group, column] - expected[column, column]) <= 1e-8 * expected[column, column])
        }
      }
    }
  }

  @Suite struct Null {
    @Test func keepsEpisodesTogetherAndWithinTheirTask() {
      let tasks = [0, 0, 0, 1, 1, 1]
      let frames = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 5]
      let folds = EpisodeFolds(count: 3, ofEpisode: [0, 1, 2, 0, 1, 2], episodeOfFrame: frames)
      let null = PermutationNull(folds: folds, tasks: tasks, count: 50, seed: 3)
      for source in null.sources {
        for episode in 0..<6 {
          let givers = Set(frames.indices.filter { frames[$0] == episode }.map { frames[source[$0]] })
          #expect(givers.count == 1)
          #expect(tasks[givers.first!] == tasks[episode])
        }
      }
      #expect(Set(null.sources).count > 10)
    }
  }
}
