import Probing
import Statistics
import Testing

@Suite struct VerdictRuleTests {
  private static let ladder: [ProbeModule] = [.vision, .projector]

  private static func evidence(
    _ vision: (Double, Double), _ projector: (Double, Double), _ advantage: (Double, Double)
  ) -> [VerdictRule.Evidence] {
    func interval(_ pair: (Double, Double)) -> Interval { Interval(lower: pair.0, upper: pair.1) }
    return [
      .init(.vision, interval(vision), advantage: interval(advantage)),
      .init(.projector, interval(projector), advantage: interval((-advantage.1, -advantage.0))),
    ]
  }

  @Test func namesTheModuleThatLosesMoreThanTheMarginAndTheOther() {
    let found = VerdictRule.outcome(Self.evidence((0.1, 0.3), (-0.01, 0.01), (0.1, 0.3)), delta: 0.02)
    #expect(found == (.bottleneck, [.vision]))
    let other = VerdictRule.outcome(Self.evidence((-0.01, 0.01), (0.1, 0.3), (-0.3, -0.1)), delta: 0.02)
    #expect(other == (.bottleneck, [.projector]))
  }

  @Test func saysNoneWhenEveryUpperEndIsBelowTheMargin() {
    #expect(
      VerdictRule.outcome(Self.evidence((0, 0.01), (-0.1, 0.019), (0, 0.1)), delta: 0.02) == (.none, []))
  }

  @Test func tiesWhatItCannotTellApart() {
    let found = VerdictRule.outcome(Self.evidence((0.1, 0.3), (0.1, 0.2), (-0.05, 0.15)), delta: 0.02)
    #expect(found == (.tied, [.vision, .projector]))
    let open = VerdictRule.outcome(Self.evidence((0.01, 0.3), (0, 0.01), (0, 0.3)), delta: 0.02)
    #expect(open == (.tied, [.vision]))
  }

  /// A loss just at the margin is not above it.
  @Test func theMarginItselfIsNotEnough() {
    let found = VerdictRule.outcome(Self.evidence((0.02, 0.3), (0, 0.01), (0.1, 0.3)), delta: 0.02)
    #expect(found == (.tied, [.vision]))
  }

  @Test func aLossInTheEncoderNeedsNoGateOnTheEncoder() {
    #expect(!VerdictRule.creditsEncoder(.bottleneck, [.vision], ladder: Self.ladder))
    #expect(VerdictRule.creditsEncoder(.bottleneck, [.projector], ladder: Self.ladder))
    #expect(VerdictRule.creditsEncoder(.none, [], ladder: Self.ladder))
    #expect(VerdictRule.creditsEncoder(.tied, [.vision], ladder: Self.ladder))
  }

  @Test func theOverallVerdictKeepsToTheTargetsThatCanBeJudged() {
    func verdict(_ outcome: ProbeVerdict.Outcome, _ modules: [ProbeModule]) -> ProbeVerdict {
      ProbeVerdict(target: "x", outcome: outcome, modules: modules, sentence: "", reasons: [], gates: [])
    }
    let unknown = verdict(.notIdentifiable, [])
    let none = verdict(.none, [])
    let vision = verdict(.bottleneck, [.vision])
    let projector = verdict(.bottleneck, [.projector])
    #expect(VerdictRule.overall([unknown, unknown], ladder: Self.ladder) == (.notIdentifiable, []))
    #expect(VerdictRule.overall([unknown, none], ladder: Self.ladder) == (.none, []))
    #expect(VerdictRule.overall([none, vision, unknown], ladder: Self.ladder) == (.bottleneck, [.vision]))
    #expect(VerdictRule.overall([projector, vision], ladder: Self.ladder) == (.tied, [.vision, .projector]))
    #expect(
      VerdictRule.overall([none, verdict(.tied, [.projector])], ladder: Self.ladder) == (.tied, [.projector]))
  }
}
