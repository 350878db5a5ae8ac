@testable import Reports
import Testing

@Suite struct LayerPlotTests {
  static func plot(_ points: [Series.Point], domain: ClosedRange<Double>? = nil) -> LayerPlot {
    let series = [Series(name: "trained", role: .model, points: points)]
    return LayerPlot(
      title: "Gripper", summary: "Goes up.", metric: "R²", stages: StageAxisTests.stages(2), series: series,
      references: [LayerPlot.Reference(name: "floor", value: 0.1)],
      domain: domain ?? LayerPlot.domain(of: series))
  }

  @Test func smallPlot() throws {
    let points = [
      Series.Point(stage: 0, score: 0.3, lower: 0.2, upper: 0.4),
      Series.Point(stage: 1, score: 0.5, lower: 0.4, upper: 0.6),
      Series.Point(stage: 2, score: 0.62, lower: 0.5, upper: 0.7),
      Series.Point(stage: 3, score: 0.6, lower: 0.5, upper: 0.7),
      Series.Point(stage: 4, score: 0.4, lower: 0.3, upper: 0.5),
    ]
    try Golden.expect(Self.plot(points).markup(identifier: "p").rendered(), matches: "layer-plot.svg")
  }

  @Test func scoresFarBelowZeroAreMarkedAtTheEdge() {
    let text = Self.plot([Series.Point(stage: 1, score: -3.2), Series.Point(stage: 2, score: 0.5)])
      .markup(identifier: "p").rendered()
    #expect(text.contains("-3.200 (below the axis)"))
    #expect(!text.contains("y=\"-"))
  }

  @Test func missingScoresAreNotDrawn() {
    let text = Self.plot([Series.Point(stage: 1, score: .nan), Series.Point(stage: 2, score: .infinity)])
      .markup(identifier: "p").rendered()
    #expect(!text.contains("nan") && !text.contains("inf") && !text.contains("n/a"))
  }

  @Test func domainsHoldZeroAndEveryBound() {
    let series = [
      Series(name: "a", role: .model, points: [Series.Point(stage: 0, score: 0.5, lower: 0.4, upper: 0.97)])
    ]
    #expect(LayerPlot.domain(of: series) == 0...1)
    #expect(LayerPlot.domain(of: []) == 0...1)
    #expect(
      LayerPlot.domain(of: [Series(name: "a", role: .model, points: [Series.Point(stage: 0, score: -40)])])
        .lowerBound
        == -0.25)
  }
}
