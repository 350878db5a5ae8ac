import Datasets
import Foundation
import Mapping
import Probing
import Statistics
import TestSupport
import Testing

@Suite struct ProbeRankingTests {
  private static func ranking(_ models: [String]) throws -> ProbeRanking {
    let checkpoints = try models.map { try MappedCheckpoint.open(Fixture.url($0).path) }
    var options = ProbeEncoder.Options(
      checkpoint: checkpoints[0], data: Fixture.url("demonstrations").path)
    options.targets = ["ee-position", "gripper"]
    options.dataOptions.frameBudget = 240
    return try ProbeRanking.run(options, against: Array(checkpoints.dropFirst()))
  }

  /// Trained on these very scenes, the one is certainly better than one that was trained on others.
  @Test func theBetterBackboneStandsFirst() throws {
    let found = try Self.ranking(["follower-vlm", "tabletop-vlm"])
    #expect(
      found.checkpoints.map { ($0.path as NSString).lastPathComponent } == ["tabletop-vlm", "follower-vlm"])
    #expect(found.differences.count == 1 && found.differences[0].interval.lower > 0)
    #expect(found.checkpoints.allSatisfy { $0.tiedWith.isEmpty && $0.includesLanguage })
    let better = found.checkpoints[0]
    #expect(abs(better.scores.mean - better.scores.byTarget.reduce(0, +) / 2) < 1e-12)
    #expect(found.sentence.hasPrefix("tabletop-vlm holds most: 0."))
  }

  /// A checkpoint beside itself.
  @Test func equalsAreTied() throws {
    let found = try Self.ranking(["tabletop-vlm", "tabletop-vlm", "follower-vlm"])
    #expect(found.checkpoints.map(\.tiedWith) == [[2], [1], []])
    #expect(found.differences[0].value == 0 && found.differences[0].interval.upper == 0)
    #expect(found.differences[1].interval == found.differences[2].interval)
    #expect(found.sentence.contains("cannot be told from tabletop-vlm"))
  }
}
