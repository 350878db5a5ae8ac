import Probing
import Statistics
import Testing

@Suite struct UnitLossTests {
  private static func loss(_ unit: ErrorUnit, _ before: Double, _ after: Double) -> UnitLoss {
    UnitLoss(
      unit: unit, before: before, after: after, interval: Interval(lower: -0.001, upper: 2 * (after - before))
    )
  }

  @Test func saysWhatItIsToldTo() {
    #expect(Self.loss(.millimetres, 7.312, 12.08).told == "to within 12.1 mm instead of 7.3 mm")
    #expect(Self.loss(.millimetres, 7.312, 12.08).change == "7.3 → 12.1 mm")
    #expect(Self.loss(.millimetres, 7.312, 12.08).more == "0.0 to 9.5 mm more")
    #expect(Self.loss(.degrees, 1.2, 3.456).told == "to within 3.46° instead of 1.20°")
    #expect(Self.loss(.shareOfRange, 9, 120).told == "to within 120 % of its range instead of 9 %")
    #expect(Self.loss(.shareWrong, 5, 20).told == "wrong in 20.0 % of frames instead of 5.0 %")
    #expect(Self.loss(.recorded, 0.1234, 0.5).told == "to within 0.500 instead of 0.123")
  }
}
