import Datasets
import Foundation
import Mapping
import Probing
import Statistics
import TestSupport
import Testing

/// Bottlenecks planted in the shipped models: each module is found where it is planted.
@Suite struct ProbeValidationTests {
  private static func validation(_ model: String, data: String, target: String, frames: Int) throws
    -> ProbeValidation
  {
    var options = ProbeEncoder.Options(
      checkpoint: try MappedCheckpoint.open(Fixture.url(model).path), data: Fixture.url(data).path)
    options.targets = [target]
    options.dataOptions.frameBudget = frames
    return try ProbeValidation.run(options, isQuick: true)
  }

  @Test func everyModuleOfTheTabletopModelIsFound() throws {
    let found = try Self.validation(
      "tabletop-vlm", data: "demonstrations", target: "ee-position", frames: 360)
    #expect(found.unplanted.outcome == .none, "\(found.unplanted.sentence)")
    for row in found.plants { #expect(row.found, "\(row.title): \(row.result.sentence)") }
    #expect(
      found.plants.map(\.plant) == ["rotation", "vision-1.0", "projector-1", "language-narrow", "labels"])
    // Each scene has a task of its own, which no instruction has to tell.
    #expect(found.notes.contains { $0.hasPrefix("instruction dropped: not planted") })
    #expect(found.notes.count == 2 && found.notes[0].hasPrefix("A plant is found where"), "\(found.notes)")
  }

  @Test func theModelThatObeysReadsNothingWithoutItsInstruction() throws {
    var options = ProbeEncoder.Options(
      checkpoint: try MappedCheckpoint.open(Fixture.url("follower-vlm").path), data: Fixture.url("goals").path
    )
    options.targets = ["obs/goal_pos"]
    options.stages = ["exits"]
    options.dataOptions.frameBudget = 360
    options.contrastsInstructions = true
    let contrast = try #require(try ProbeEncoder.run(options).instructions.first)
    #expect(contrast.right > 0.8, "\(contrast.sentence)")
    #expect(
      contrast.overWrong.interval.lower > 0.3 && contrast.overNone.interval.lower > 0.3,
      "\(contrast.sentence)")
    #expect(contrast.sentence.hasSuffix("the language model uses what it is told."))
  }

  @Test func aDroppedInstructionIsFoundWhereItAloneTellsTheGoal() throws {
    let found = try Self.validation("follower-vlm", data: "goals", target: "obs/goal_pos", frames: 540)
    #expect(found.unplanted.losses.map(\.module) == [.vision, .projector, .language, .fusion])
    #expect(found.unplanted.outcome != .bottleneck)
    let dropped = try #require(found.plants.first { $0.plant == "no-instruction" })
    #expect(dropped.result.modules == [.fusion], "\(dropped.result.sentence)")
    for row in found.plants { #expect(row.found, "\(row.title): \(row.result.sentence)") }
  }
}
