import Features
import Probing
import Tensors
import Testing

@Suite struct StageSelectionTests {
  private static let points = [
    "vision.blocks.0", "vision.blocks.1", "vision.blocks.10", "vision.norm", "projector", "language.blocks.0",
    "language.norm", "language.blocks.0.last", "language.norm.last",
  ].map { ProbePoint(name: $0)! }

  private static let exits = ["vision.norm", "projector", "language.norm", "language.norm.last"]

  @Test func exitsAreAlwaysThere() throws {
    func chosen(_ names: String...) throws -> [String] {
      try StageSelection(names).chosen(of: Self.points, in: "model").map(\.name)
    }
    #expect(try chosen() == Self.points.map(\.name))
    #expect(try chosen("vision.blocks.1") == ["vision.blocks.1"] + Self.exits)
    #expect(try chosen("projector") == Self.exits)
    #expect(
      try chosen("language.blocks.0").filter { !Self.exits.contains($0) } == [
        "language.blocks.0", "language.blocks.0.last",
      ])
    #expect(try chosen("vision").filter { !Self.exits.contains($0) }.count == 3)
  }

  @Test func anUnknownNameIsRefused() {
    let error = #expect(throws: VLMError.self) {
      try StageSelection(["vision.block.1"]).chosen(of: Self.points, in: "model")
    }
    #expect(error?.code == .probeStageUnknown && error?.remedy?.contains("vision.blocks.1") == true)
  }

  @Test func theLanguageModelRunsWhereItIsNamed() {
    #expect(StageSelection([]).reachesLanguage)
    #expect(StageSelection(["language.blocks.2"]).reachesLanguage)
    #expect(!StageSelection(["vision", "projector"]).reachesLanguage)
  }
}
