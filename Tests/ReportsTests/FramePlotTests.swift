import Reports
import Testing

@Suite struct FramePlotTests {
  @Test func marksAreJoinedToTheFirst() throws {
    let plot = FramePlot(
      title: "Gripper", picture: "frame-1", width: 140, height: 70,
      marks: [
        .init(name: "recorded", style: "truth", x: 0.5, y: 0.5),
        .init(name: "from the frames", style: "frames", x: 0.75, y: 0.5),
        .init(name: "from the last output", style: "model", x: 0.5, y: 0.9),
      ])
    let text = plot.markup(identifier: "p").rendered()
    #expect(PageReader(text).problem == nil)
    #expect(text.contains("viewBox=\"0 0 280 140\""))
    #expect(text.contains("<use href=\"#frame-1\" transform=\"scale(2) translate(0 0)\">"))
    let lines = text.matches(
      of: /<line x1="140" y1="70" x2="([0-9.]+)" y2="([0-9.]+)" class="([a-z ]+)"/)
    #expect(
      lines.map { "\($0.1) \($0.2) \($0.3)" } == [
        "210 70 casing", "210 70 sight frames", "140 126 casing", "140 126 sight model",
      ])
    #expect(text.contains("<line x1=\"134\" y1=\"70\" x2=\"146\" y2=\"70\" class=\"sight truth\""))
    #expect(text.contains("from the last output: 50 % from the left, 90 % from the top."))
  }

  /// What is close together is shown at twice the size, and never beyond the picture's edge.
  @Test func thePartAboutTheMarksIsShown() {
    let plot = FramePlot(
      title: "Gripper", picture: "frame-0", width: 140, height: 70,
      marks: [
        .init(name: "recorded", style: "truth", x: 0.4, y: 0.9),
        .init(name: "read", style: "model", x: 0.5, y: 0.9),
      ])
    let text = plot.markup(identifier: "p").rendered()
    // From 0.2 to 0.7 across, and the lower half.
    #expect(text.contains("viewBox=\"0 0 280 140\"") && text.contains("scale(4) translate(-28 -35)"))
    #expect(text.contains("<line x1=\"112\" y1=\"112\" x2=\"168\" y2=\"112\" class=\"sight model\""))
  }

  @Test func aPictureMayHaveNoMarks() {
    let plot = FramePlot(title: "Gripper", picture: "frame-0", width: 10, height: 10, marks: [])
    #expect(PageReader(plot.markup(identifier: "p").rendered()).problem == nil)
  }
}
