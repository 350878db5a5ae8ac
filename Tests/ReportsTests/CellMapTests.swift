import Reports
import Testing

@Suite struct CellMapTests {
  @Test func cellsLieWhereTheModelSees() {
    // The middle half of a frame twice as wide as high.
    let map = CellMap(
      title: "Grip", side: 2, values: [0, 0.5, 1, -3], most: 1, width: 200, height: 100,
      edges: (0.25, 0, 0.75, 1), picture: "frame-0")
    let text = map.markup(identifier: "m").rendered()
    let cells = text.matches(
      of: /<rect x="([0-9.]+)" y="([0-9.]+)" width="50" height="50" fill="(#[0-9a-f]{6})"/)
    #expect(cells.map { "\($0.1) \($0.2)" } == ["50 0", "100 0", "50 50", "100 50"])
    #expect(cells.map { String($0.3) } == ["#00224e", CellMap.colour(0.5), "#fee838", "#00224e"])
    #expect(text.contains("<use href=\"#frame-0\">"))
    #expect(text.contains("Most: R2 1.00 in row 2, column 1; least: R2 -3.00 in row 2, column 2"))
    #expect(text.contains("row 1, column 2: 0.50"))
  }

  /// The ends of matplotlib's cividis, and its middle.
  @Test func coloursAreCividis() {
    #expect(CellMap.colour(0) == "#00224e" && CellMap.colour(1) == "#fee838")
    #expect(CellMap.colour(.nan) == "#00224e" && CellMap.colour(7) == "#fee838")
  }
}
