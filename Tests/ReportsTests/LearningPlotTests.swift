import Reports
import Testing

@Suite struct LearningPlotTests {
  private static let plot = LearningPlot(
    title: "Grip",
    curves: [
      LearningPlot.Curve(
        name: "frames", style: .frames,
        points: [.init(10, score: 0.5, spread: 0.1), .init(40, score: 0.9, spread: 0.05)]),
      LearningPlot.Curve(
        name: "last", style: .exit(0),
        points: [.init(10, score: 0.2, spread: 0.1), .init(40, score: 0.7, spread: 0.05)]),
    ])

  @Test func saysEveryPoint() {
    let text = Self.plot.markup(identifier: "p").rendered()
    #expect(PageReader(text).problem == nil)
    #expect(text.contains("last: R2 0.20 of 10 episodes, R2 0.70 of 40 episodes."))
    #expect(text.contains("frames, 40 episodes: 0.900 ± 0.050"))
  }

  @Test func onlyTheLastOutputHasABand() {
    let text = Self.plot.markup(identifier: "p").rendered()
    #expect(text.matches(of: /class="band model"/).count == 1)
    #expect(text.matches(of: /class="curve frames"/).count == 1)
  }

  @Test func aLossIsReadOutAsOne() {
    let plot = LearningPlot(
      title: "Loss", axes: .steps,
      curves: [.init(name: "arm", style: .exit(0), points: [.init(1, score: 0.5), .init(200, score: 0.125)])])
    let text = plot.markup(identifier: "p").rendered()
    #expect(text.contains("arm: loss 0.50 of 1 steps, loss 0.12 of 200 steps."))
    #expect(text.contains("arm, 200 steps: 0.125<") && !text.contains("class=\"band"))
  }

  /// Down to a quarter below zero and no further.
  @Test func whatIsFarBelowZeroStaysInside() {
    let plot = LearningPlot(
      title: "Grip",
      curves: [
        .init(
          name: "last", style: .exit(0),
          points: [.init(5, score: -9, spread: 0), .init(9, score: 0.5, spread: 0)])
      ])
    for match in plot.markup(identifier: "p").rendered().matches(of: /y1="([-0-9.]+)"/) {
      #expect((0...230).contains(Double(match.1)!))
    }
  }
}
