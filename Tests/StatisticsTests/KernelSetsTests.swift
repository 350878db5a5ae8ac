import Checkpoints
import Foundation
import Statistics
import Tensors
import TestSupport
import Testing

/// Against scikit-learn's KernelCenterer and KernelRidge in plain loops; see fixtures/oracle/make_kernel_ridge.py.
@Suite struct KernelSetsTests {
  private static let cells = [1, 1, 4]
  private static let groups = [[0, 1, 2], [3, 4]]
  private static let choices = [
    [[0]], [[2]], [[2], [1, 2]], [[2], [1, 2], [0, 2], [0, 1, 2]], [[2], [1, 2], [0, 2], [0, 1, 2], [0]],
  ]
  private static let oracle = Result { try Oracle() }

  private struct Oracle {
    let reader: any CheckpointReader

    init() throws { reader = try Checkpoint.open(Fixture.url("probes/kernel_ridge.safetensors").path) }

    func integers(_ name: String) throws -> [Int] {
      try reader.withBytes(of: name) { Array($0.bindMemory(to: Int64.self)).map(Int.init) }
    }

    func matrix(_ name: String) throws -> Matrix {
      let shape = reader.tensors.first { $0.name == name }!.shape
      return Matrix(
        shape[0], shape.rank > 1 ? shape[1] : 1,
        try reader.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) })
    }

    func kernels() throws -> [FrameKernels] {
      try cells.indices.map { try FrameKernels(matrix("features.\($0)"), cells: cells[$0]) }
    }
  }

  private static func worst(_ left: Matrix, _ right: Matrix) -> Double {
    zip(left.values, right.values).reduce(left.values.count == right.values.count ? 0 : .infinity) {
      max($0, abs($1.0 - $1.1))
    }
  }

  @Test func kernelsEqualThoseOfScikitLearn() throws {
    let oracle = try Self.oracle.get()
    for (index, kernels) in try oracle.kernels().enumerated() {
      #expect(Self.worst(kernels.linear, try oracle.matrix("linear.\(index)")) < 1e-9)
      #expect(Self.worst(kernels.gaussian, try oracle.matrix("gaussian.\(index)")) < 1e-9)
    }
  }

  @Test func choicesScoresAndScoresWithoutEachEpisodeEqualThoseOfScikitLearn() throws {
    let oracle = try Self.oracle.get()
    let episodes = try oracle.integers("episode")
    let tasks = try oracle.integers("task")
    let fold = try oracle.integers("fold")
    let ridge = KernelRidge(
      try oracle.kernels(), taskOfFrame: episodes.map { tasks[$0] },
      folds: EpisodeFolds(count: 5, ofEpisode: fold, episodeOfFrame: episodes),
      responses: try oracle.matrix("targets"))
    // Squared distances.
    let measures = Self.groups.enumerated().map { target, columns in
      KernelSets.Measure(target: target) { predictions, frames in
        var errors = predictions
        errors -= ridge.responses.rows(frames).columns(columns)
        return errors.columnSquares().reduce(0, +)
      }
    }
    let sets = try KernelSets(
      ridge, candidates: Self.choices.flatMap { $0 }.flatMap { ridge.candidates($0) }, groups: Self.groups,
      measures: measures)
    for (index, score) in try sets.scores(Self.choices.map { $0.flatMap { ridge.candidates($0) } })
      .enumerated()
    {
      let candidates = Self.choices[index].flatMap { ridge.candidates($0) }
      let chosen = score.choices.flatMap { $0 }.flatMap {
        [candidates.firstIndex(of: $0.candidate)!, $0.lambda]
      }
      #expect(chosen == (try oracle.integers("score.\(index).chosen")))
      #expect(Self.worst(score.predictions, try oracle.matrix("score.\(index).predictions")) < 1e-8)
      #expect(
        Self.worst(Matrix(1, 2, score.r2), Matrix(1, 2, try oracle.matrix("score.\(index).r2").values)) < 1e-8
      )
      #expect(Self.worst(score.deleted, try oracle.matrix("score.\(index).deleted")) < 1e-8)
      #expect(
        Self.worst(Matrix(2, 1, score.measured), try oracle.matrix("score.\(index).measured")) < 1e-8)
      #expect(
        Self.worst(score.deletedMeasured, try oracle.matrix("score.\(index).deleted_measured")) < 1e-8)
    }
  }

  /// Several episodes that belong together are left out as one of all their frames would be.
  @Test func aGroupIsLeftOutAsOneEpisode() throws {
    let oracle = try Self.oracle.get()
    let episodes = try oracle.integers("episode")
    let tasks = try oracle.integers("task")
    let fold = try oracle.integers("fold")
    let groups = fold.indices.map { episode in
      100 * fold[episode] + fold[..<episode].count { $0 == fold[episode] } / 2
    }
    let grouped = EpisodeFolds(count: 5, ofEpisode: fold, episodeOfFrame: episodes, groups: groups)
    var foldOfGroup = [Int](repeating: 0, count: grouped.groupCount)
    for (episode, group) in grouped.groupOfEpisode.enumerated() { foldOfGroup[group] = fold[episode] }
    let merged = EpisodeFolds(
      count: 5, ofEpisode: foldOfGroup, episodeOfFrame: grouped.groupOfFrame)
    func score(_ folds: EpisodeFolds) throws -> KernelSets.Score {
      let ridge = KernelRidge(
        try oracle.kernels(), taskOfFrame: episodes.map { tasks[$0] }, folds: folds,
        responses: try oracle.matrix("targets"))
      let candidates = Self.choices[0].flatMap { ridge.candidates($0) }
      return try KernelSets(ridge, candidates: candidates, groups: Self.groups).scores([candidates])[0]
    }
    let (mine, its) = (try score(grouped), try score(merged))
    #expect(grouped.groupCount < fold.count && mine.deleted.rows == grouped.groupCount)
    #expect(mine.r2 == its.r2 && mine.deleted == its.deleted)
  }

  /// All are tested, some trained on.
  @Test func fewerEpisodesToTrainOnEqualThoseOfScikitLearn() throws {
    let oracle = try Self.oracle.get()
    let episodes = try oracle.integers("episode")
    let tasks = try oracle.integers("task")
    let fold = try oracle.integers("fold")
    let trained = Set(try oracle.integers("thinned.episodes"))
    let ridge = KernelRidge(
      try oracle.kernels(), taskOfFrame: episodes.map { tasks[$0] },
      folds: EpisodeFolds(count: 5, ofEpisode: fold, episodeOfFrame: episodes, trained: trained),
      responses: try oracle.matrix("targets"))
    let sets = Self.choices[4]
    let candidates = sets.flatMap { ridge.candidates($0) }
    let score = try KernelSets(ridge, candidates: candidates, groups: Self.groups).scores([candidates])[0]
    let chosen = score.choices.flatMap { $0 }.flatMap {
      [candidates.firstIndex(of: $0.candidate)!, $0.lambda]
    }
    #expect(chosen == (try oracle.integers("thinned.chosen")))
    #expect(Self.worst(score.predictions, try oracle.matrix("thinned.predictions")) < 1e-8)
    #expect(Self.worst(score.deleted, try oracle.matrix("thinned.deleted")) < 1e-8)
  }

  /// Rare values a thousand times the usual ones, and a column that hardly ever moves.
  @Test func standardisingDrawsInWhatIsRare() throws {
    var features = Matrix(100, 2)
    for row in 0..<100 { features[row, 0] = Double(row % 10) }
    features[50, 0] = 1e6
    features[7, 1] = 3
    let result = try StandardisedFeatures(features).part(rows: 0..<100, columns: 0..<2)
    #expect(result.values.allSatisfy { abs($0) < 10 })
    #expect(result[7, 1] - result[8, 1] > 9)
    features[3, 0] = .nan
    let error = #expect(throws: VLMError.self) { try StandardisedFeatures(features) }
    #expect(error?.code == .featuresNotFinite)
  }
}
