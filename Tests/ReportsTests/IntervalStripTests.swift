@testable import Reports
import Testing

@Suite struct IntervalStripTests {
  @Test(arguments: [
    (0.1, 0.05, 0.15, IntervalStrip.Standing.loses), (0.0, -0.01, 0.019, .keeps), (0.02, 0.0, 0.04, .open),
    (0.03, 0.02, 0.04, .open), (0.1, .nan, .nan, .open),
  ])
  func standing(value: Double, lower: Double, upper: Double, expected: IntervalStrip.Standing) {
    #expect(IntervalStrip(value: value, lower: lower, upper: upper, margin: 0.02).standing == expected)
  }

  @Test func everythingStaysOnTheStrip() {
    let strip = IntervalStrip(value: 40, lower: -.infinity, upper: .nan, margin: 0.02)
    let text = strip.markup(IntervalStrip.domain(of: [strip])).rendered()
    for match in text.matches(of: /(-?[0-9.]+)%/) { #expect((0...100).contains(Double(match.1) ?? -1)) }
    #expect(!text.contains("nan") && !text.contains("inf"))
  }
}
