import Features
import Probing
import Testing

@Suite struct StagePairingTests {
  private static func stages(_ blocks: Int, _ later: [(String, ProbeStage.Kind, Bool)]) -> [ProbeStage] {
    let row = (0..<blocks).map { ("vision.blocks.\($0)", ProbeStage.Kind.block, true) }
    return (row + later).enumerated().map { index, stage in
      ProbeStage(name: stage.0, kind: stage.1, position: index + 1, width: 8, hasGrid: stage.2)
    }
  }

  @Test func oneArchitectureNeedsNoWord() {
    let stages = Self.stages(6, [("projector", .projector, true)])
    #expect(StagePairing(stages, stages).notes.isEmpty)
  }

  @Test func othersAreSaidToDiffer() throws {
    let notes = StagePairing(
      Self.stages(6, [("projector", .projector, true)]),
      Self.stages(4, [("vision.norm", .norm, true), ("projector", .projector, false)])
    ).notes
    #expect(notes.count == 3)
    #expect(
      notes[0].hasPrefix("The checkpoints differ in depth, 6 and 4 blocks, and blocks are compared by number")
    )
    #expect(notes[1] == "Not compared, for want of a counterpart: vision.norm of the second.")
    #expect(
      notes[2].hasPrefix("projector is a grid of tokens in the first checkpoint and one vector in the second")
    )
  }
}
