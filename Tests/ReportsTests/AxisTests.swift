@testable import Reports
import Testing

@Suite struct AxisTests {
  @Test(arguments: [
    (0.0...1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (-0.25...0.8, ["−0.2", "0.0", "0.2", "0.4", "0.6", "0.8"]),
    (0.0...0.031, ["0.000", "0.005", "0.010", "0.015", "0.020", "0.025", "0.030"]),
    (0.0...40.0, ["0", "10", "20", "30", "40"]),
  ])
  func marksAtRoundValues(domain: ClosedRange<Double>, labels: [String]) {
    let axis = Axis(domain, count: 5)
    #expect(axis.ticks.map(axis.label) == labels)
  }

  @Test func widensToTheNextMarks() {
    #expect(Axis.rounded(0.03...0.97, count: 5) == 0...1)
    #expect(Axis.rounded(0...1, count: 5) == 0...1)
  }

  @Test func survivesAnEmptyRange() {
    #expect(Axis(1...1, count: 5).ticks == [1])
    #expect(Axis.rounded(0.4...0.4, count: 5).contains(0.4))
  }
}
