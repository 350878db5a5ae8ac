import Probing
import Tensors
import Testing

/// The method's own test: bottlenecks planted where they are known.
@Suite struct PlantedBottleneckTests {
  private func findings(
    _ plant: PlantedProblem.Plant, seed: UInt64, episodes: Int = 40
  ) throws -> ProbeFindings {
    try ProbeEvaluation.run(
      PlantedProblem.make(plant, seed: seed, episodes: episodes),
      settings: PlantedProblem.settings(seed: seed))
  }

  /// Share of seeded replicates whose verdict is as expected.
  private func hits(
    _ plant: PlantedProblem.Plant, replicates: Int, episodes: Int = 40, _ expected: (ProbeVerdict) -> Bool
  ) throws -> Double {
    var right = 0
    for seed in 0..<replicates {
      if expected(try findings(plant, seed: UInt64(seed), episodes: episodes).verdicts[0]) { right += 1 }
    }
    return Double(right) / Double(replicates)
  }

  @Test func aRotatedProjectorIsNoBottleneck() throws {
    #expect(try hits(.rotation, replicates: 20) { $0.outcome == .none } >= 0.95)
  }

  @Test func randomVisionIsTheVisionEncoder() throws {
    #expect(
      try hits(.randomVision, replicates: 20) { $0.outcome == .bottleneck && $0.modules == [.vision] } >= 0.95
    )
  }

  @Test func aTruncatedProjectorIsTheProjector() throws {
    #expect(
      try hits(.projectorRank(2), replicates: 20) { $0.outcome == .bottleneck && $0.modules == [.projector] }
        >= 0.95)
  }

  @Test func twoPlantsAreTied() throws {
    // Each loses two of six directions of like weight.
    #expect(try hits(.both, replicates: 20) { $0.outcome == .tied && $0.modules.count == 2 } >= 0.95)
  }

  @Test func labelsThatTheTaskFixesAreNotIdentifiable() throws {
    #expect(try hits(.labelsOfTheTask, replicates: 10) { $0.outcome == .notIdentifiable } == 1)
  }

  /// From labels of other episodes no bottleneck is named, and none is denied.
  @Test func permutedLabelsGiveNoFindingInAHundredRuns() throws {
    let silent = try hits(.permutedLabels, replicates: 100, episodes: 24) {
      $0.outcome != .bottleneck && $0.outcome != .none
    }
    #expect(silent == 1)
  }

  @Test func lossGrowsWithTheDose() throws {
    for seed in 0..<3 {
      let losses = try [6, 5, 4, 3, 2, 1].map { rank in
        try findings(.projectorRank(rank), seed: UInt64(seed)).contrasts.first { $0.module == .projector }!
          .value
      }
      #expect(losses == losses.sorted(), "seed \(seed): \(losses)")
      let blurs = try [0, 0.25, 0.5, 1].map { dose in
        try findings(.blurredVision(dose), seed: UInt64(seed)).contrasts.first { $0.module == .vision }!.value
      }
      #expect(blurs == blurs.sorted(), "seed \(seed): \(blurs)")
    }
  }

  /// The vision curve does not know what comes after it.
  @Test func truncatingTheProjectorLeavesTheVisionCurveAsItIs() throws {
    let curves = try [6, 1].map { rank in
      try findings(.projectorRank(rank), seed: 3).scores.first { $0.stage == "vision.blocks.0" }!.r2
    }
    #expect(curves[0] == curves[1])
  }

  @Test func threadsChangeNothing() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let runs = try [1, 2].map { threads in
      Parallel.threads = threads
      return try findings(.projectorRank(3), seed: 8)
    }
    #expect(runs[0].scores == runs[1].scores)
    #expect(runs[0].contrasts == runs[1].contrasts)
    #expect(runs[0].verdicts == runs[1].verdicts)
  }
}
