import Reports
import Testing

@Suite struct CostPlotTests {
  private static let plot = CostPlot(
    title: "Score against parameters", axis: "parameters run",
    points: [
      .init(mark: "1", name: "large", cost: 2e9, score: 0.9),
      .init(mark: "2", name: "small", cost: 2e8, score: 0.8),
      .init(mark: "3", name: "tiny", cost: 2e7, score: 0.7),
    ], reference: LayerPlot.Reference(name: "frames", value: 0.85))

  /// Each a tenth of the one before: the same step to the left, and down.
  @Test func costsAreLogarithmic() {
    let text = Self.plot.markup(identifier: "c").rendered()
    #expect(PageReader(text).problem == nil)
    let marks = text.matches(of: /circle cx="([0-9.]+)" cy="([0-9.]+)"/)
    let (across, up) = (marks.map { Double($0.1)! }, marks.map { Double($0.2)! })
    #expect(marks.count == 3)
    let steps: [Double] = [across[0] - across[1], across[1] - across[2], up[1] - up[0], up[2] - up[1]]
    #expect(abs(steps[0] - steps[1]) < 0.05 && abs(steps[2] - steps[3]) < 0.05)
    #expect(steps.allSatisfy { $0 > 1 })
    #expect(text.contains("small: R2 0.80, 200 M parameters run."))
  }

  @Test func equalCostsAreDrawn() {
    var plot = Self.plot
    plot.points = [
      .init(mark: "1", name: "a", cost: 3, score: 0.5), .init(mark: "2", name: "b", cost: 3, score: 0.5),
    ]
    #expect(PageReader(plot.markup(identifier: "c").rendered()).problem == nil)
  }
}
