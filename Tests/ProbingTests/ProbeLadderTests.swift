import Features
import Probing
import Statistics
import Testing

@Suite struct ProbeLadderTests {
  private static func modules(_ stages: [(String, ProbeStage.Kind)]) -> [String] {
    let stages = stages.enumerated().map { index, stage in
      ProbeStage(name: stage.0, kind: stage.1, position: index, width: 8)
    }
    return ProbeLadder(stages).rungs.map { "\($0.module.id) \(stages[$0.exit].name)" }
  }

  @Test func aModuleEndsInItsLastNormProjectionOrBlock() {
    let blocks = (0..<3).map { ("vision.blocks.\($0)", ProbeStage.Kind.block) }
    #expect(Self.modules(blocks) == ["vision vision.blocks.2"])
    #expect(
      Self.modules(blocks + [("vision.norm", .norm), ("vision.pooled", .pooled)]) == ["vision vision.norm"])
    #expect(
      Self.modules(
        [("pixels", .pixels)] + blocks + [
          ("vision.fused.blocks.0", .block), ("vision.joined", .norm), ("projector", .projector),
          ("language.blocks.0", .block), ("language.norm", .norm),
        ]) == ["vision vision.joined", "projector projector", "language language.norm"])
  }

  /// Stages of a third module among the features are all that it takes: three contrasts, each with its formula, and a verdict.
  @Test func aThirdModuleIsJudgedFromItsStagesAlone() throws {
    for seed in 0..<3 as Range<UInt64> {
      let findings = try ProbeEvaluation.run(
        PlantedProblem.make(.languageRank(2), seed: seed), settings: PlantedProblem.settings(seed: seed))
      #expect(findings.contrasts.map(\.module) == [.vision, .projector, .language])
      #expect(
        findings.contrasts.map(\.formula) == [
          "S(H or H,M or H,M,E, or with R) - S(H or H,M or H,M,E)", "S(H or H,M or H,M,E) - S(H or H,M)",
          "S(H or H,M) - S(H)",
        ])
      let losses = findings.contrasts.map(\.value)
      #expect(losses[2] > 0.2 && abs(losses[0]) < 0.05 && abs(losses[1]) < 0.05, "\(losses)")
      let verdict = findings.verdicts[0]
      #expect(verdict.outcome == .bottleneck && verdict.modules == [.language])
      #expect(verdict.sentence.hasPrefix("The language model is the bottleneck for the "))
      #expect(verdict.sentence.contains(": the projector's output tells 0."))
      #expect(verdict.sentence.contains(" R2 that nothing after it does (95 % interval 0."))
      #expect(verdict.reasons[0].contains("; less the nearest module's: "))
      #expect(
        verdict.reasons.contains { $0.hasPrefix("A linear readout tells less after the language model: 0.") })
      #expect(verdict.reasons.last!.hasPrefix("Fixed features of the frames read 0.9"))
      #expect(findings.overall.modules == [.language])
      #expect(Set(findings.references[0].exits.keys) == [.vision, .projector, .language])
    }
  }

  @Test func withoutALossAllAreNamed() throws {
    let findings = try ProbeEvaluation.run(
      PlantedProblem.make(.languageRank(6), seed: 1), settings: PlantedProblem.settings(seed: 1))
    #expect(
      findings.overall.sentence
        == "None of the vision encoder, the projector and the language model is a bottleneck.")
  }

  /// What leaves a module beside its exit: DeepStack's features, and the last token, which alone has seen the instruction.
  @Test func modulesMayEndInSeveralStages() {
    let names = [
      "pixels", "vision.blocks.0", "vision.norm", "projector.deepstack.0", "projector", "language.blocks.0",
      "language.norm", "language.blocks.0.last", "language.norm.last",
    ]
    let ladder = ProbeLadder(names.map { ProbePoint(name: $0) })
    #expect(
      ladder.rungs.map { $0.blocks.map { names[$0] } } == [
        ["vision.norm"], ["projector", "projector.deepstack.0"], ["language.norm", "language.norm.last"],
      ])
    #expect(ladder.modules == [.vision, .projector, .language, .fusion])
    #expect(ladder.formula(.fusion) == "S(H) - S(H without L*)")
    #expect(!ProbeLadder(names.dropLast(2).map { ProbePoint(name: $0) }).fuses)
  }

  /// An instruction that the last token does not know is missed there, and nowhere else.
  @Test(arguments: [true, false])
  func aDroppedInstructionIsFound(fuses: Bool) throws {
    for seed in 0..<2 as Range<UInt64> {
      let findings = try ProbeEvaluation.run(
        PlantedProblem.goals(fuses: fuses, seed: seed), settings: PlantedProblem.settings(seed: seed))
      #expect(findings.contrasts.map(\.module) == [.vision, .projector, .language, .fusion])
      let loss = findings.contrasts[3].value
      #expect(fuses ? abs(loss) < 0.02 : loss > 0.3, "\(loss)")
      #expect(
        findings.verdicts[0].outcome == (fuses ? .none : .bottleneck), "\(findings.verdicts[0].sentence)")
      #expect(findings.verdicts[0].modules == (fuses ? [] : [.fusion]))
    }
  }

  /// Where the scene tells the task, nothing has to be fused, and the fusion is not judged.
  @Test func aSceneThatGivesTheTaskAwayJudgesNoFusion() throws {
    var problem = try PlantedProblem.goals(fuses: false, seed: 0)
    let task = Matrix.indicators(problem.taskOfFrame)
    problem.frames = try FrameKernels(.beside([task, problem.oracle!]))
    let findings = try ProbeEvaluation.run(problem, settings: PlantedProblem.settings(seed: 0))
    #expect(findings.contrasts.map(\.module) == [.vision, .projector, .language])
    let gate = findings.verdicts[0].gates.first { $0.name == "instruction" }
    #expect(gate?.passed == false && gate?.required == false)
  }
}
