import Probing
import Statistics
import Testing

@Suite struct WordingTests {
  private static func settling(_ value: Double, _ halfWidth: Double) -> String? {
    let contrast = ProbeContrast(
      target: "t", module: .projector, formula: "", value: value,
      interval: Interval(lower: value - halfWidth, upper: value + halfWidth))
    return Wording.settling(contrast, delta: 0.02, episodes: 60)
  }

  /// Half widths fall with the root of the episodes: one and a half times too wide takes 2.25 times as many.
  @Test func saysHowManyEpisodesWouldSettleIt() {
    #expect(
      Self.settling(0, 0.03)
        == "Whether the projector loses more than the margin would be settled by about 135 episodes, should the loss stay as "
        + "it is; there are 60.")
    #expect(Self.settling(0.08, 0.07)?.contains("about 82 episodes") == true)
  }

  @Test func saysWhereEpisodesWouldNot() {
    #expect(Self.settling(0.019, 0.03)?.contains("will hardly be settled") == true)
    #expect(Self.settling(0, 0.01) == nil)
    #expect(Self.settling(0.1, 0.03) == nil)
  }
}
