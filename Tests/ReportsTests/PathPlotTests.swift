import Reports
import Testing

@Suite struct PathPlotTests {
  /// A path ten times as wide as high is drawn so.
  @Test func bothDirectionsHaveOneScale() throws {
    let plot = PathPlot(
      title: "Gripper", axes: ("x", "y"),
      paths: [.init(name: "recorded", style: "truth", points: [.init(x: 0, y: 0), .init(x: 1, y: 0.1)])])
    let text = plot.markup(identifier: "p").rendered()
    #expect(PageReader(text).problem == nil)
    let line = try #require(text.firstMatch(of: /d="M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)"/))
    let numbers = [line.1, line.2, line.3, line.4].map { Double($0)! }
    #expect(abs((numbers[1] - numbers[3]) - 0.1 * (numbers[2] - numbers[0])) < 0.02)
    #expect(text.contains("recorded: from x, y = 0, 0 to 1, 0.1."))
  }

  @Test func aPathThatRestsIsADot() {
    let plot = PathPlot(
      title: "Gripper", axes: ("x", "z"),
      paths: [.init(name: "recorded", style: "truth", points: [.init(x: 2, y: 2), .init(x: 2, y: 2)])])
    #expect(PageReader(plot.markup(identifier: "p").rendered()).problem == nil)
  }
}
