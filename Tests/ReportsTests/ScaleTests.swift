@testable import Reports
import Testing

@Suite struct ScaleTests {
  let scale = Scale(-1...1, from: 200, to: 100)

  @Test(arguments: [(-1.0, 200.0), (0.0, 150.0), (1.0, 100.0), (2.0, 50.0)])
  func isStraight(value: Double, place: Double) { #expect(scale(value) == place) }

  @Test func clampsOnRequest() {
    #expect(scale.clamped(7) == 100)
    #expect(scale.clamped(-7) == 200)
    #expect(Scale(2...2, from: 0, to: 10)(2) == 5)
  }
}
