import Checkpoints
import Features
import Foundation
import Probing
import Statistics
import Tensors
import TestSupport
import Testing

/// Against scikit-learn's PCA and nested Ridge; see fixtures/oracle/make_cell_maps.py.
@Suite struct CellMapsTests {
  private struct Oracle {
    private let reader: any CheckpointReader

    init() throws { reader = try Checkpoint.open(Fixture.url("probes/cell_maps.safetensors").path) }

    func integers(_ name: String) throws -> [Int] {
      try reader.withBytes(of: name) { Array($0.bindMemory(to: Int64.self)).map(Int.init) }
    }

    func floats(_ name: String) throws -> FloatTensor {
      FloatTensor(
        try reader.withBytes(of: name) { Array($0.bindMemory(to: Float.self)) },
        shape: reader.tensors.first { $0.name == name }!.shape)
    }

    func matrix(_ name: String) throws -> Matrix {
      let shape = reader.tensors.first { $0.name == name }!.shape
      return Matrix(
        shape[0], shape[1], try reader.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) })
    }
  }

  @Test func cellsTellWhatScikitLearnReadsFromThem() throws {
    let oracle = try Oracle()
    let episodes = try oracle.integers("episode")
    let fold = try oracle.integers("fold")
    let targets = try oracle.matrix("targets")
    let features = try oracle.floats("features")
    let stage = ProbeStage(name: "projector", kind: .projector, position: 1, width: 40, tokens: 4)
    let nothing = FloatTensor([Float](repeating: 0, count: 40 * episodes.count), shape: [episodes.count, 40])
    let source = MemoryFeatures(stages: [stage], mean: [nothing], grid: [features])
    let problem = ProbeProblem(
      tasks: fold.map { _ in 0 }, instructions: ["one"], episodeOfFrame: episodes,
      targets: [[0, 1], [2]].enumerated().map { index, columns in
        ResolvedTarget(
          .observation("target \(index)"), columns: columns.map { "\($0)" },
          values: targets.columns(columns))
      },
      baselines: [:], frames: try FrameKernels(Matrix(features)), oracle: nil, pixels: source,
      trained: source, randomlyInitialised: source)
    let maps = try CellMaps.of(
      problem, folds: EpisodeFolds(count: 5, ofEpisode: fold, episodeOfFrame: episodes),
      settings: ProbeSettings())
    let expected = try oracle.matrix("r2")
    #expect(maps.count == 2)
    for (index, map) in maps.enumerated() {
      #expect(map.module == .projector && map.side == 2)
      for (ours, theirs) in zip(map.r2, expected.row(index)) {
        // The fixture's principal components and our subspace iteration agree to rounding, for it holds all of 40 channels.
        #expect(abs(ours - theirs) < 1e-8, "target \(index): \(map.r2) and \(Array(expected.row(index)))")
      }
    }
  }
}
