internal import Probing
internal import Runtime

/// Where in the picture the targets can be read, over frames of the demonstrations.
struct ProbeMapSection {
  let report: ProbeReport
  private let maps: ProbeMaps
  private let frames: ExampleFrames

  /// `nil` where there are no maps.
  init?(_ report: ProbeReport, over frames: ExampleFrames) {
    guard let maps = report.maps, !maps.maps.isEmpty else { return nil }
    self.report = report
    self.maps = maps
    self.frames = frames
  }

  var markup: Markup {
    tag(
      "section", ["aria-labelledby": "maps"],
      [
        tag("h2", ["id": "maps"], ["Where in the picture"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Out-of-fold R² of ridge on the tokens of one cell of a module's output at a time, in \(CellMaps.rank) leading directions and "
                + "without being told the task; one colour scale a target. Tokens have attended to all others, so that a cell may tell what it does not show."
            )
          ]),
        tag("p", ["class": "note"], [.text(ground)]),
      ] + report.targets.enumerated().map { panel($1, number: $0) })
  }

  private var ground: String {
    guard let view = maps.view else {
      return
        "Which part of a frame a cell covers cannot be known for this image processor: the cells are drawn by themselves."
    }
    let names = frames.examples.map { "row \($0.row) of episode \($0.episode + 1)" }.joined(separator: ", ")
    let edges = [view.left, view.top, 1 - view.right, 1 - view.bottom]
    let fit =
      edges.contains { $0 > 0.01 }
      ? " The model does not see the rim of the frames, which its image processor cuts off."
      : edges.contains { $0 < -0.01 } ? " Cells that lie over padding alone are not shown." : ""
    return "Frames, in grey: \(names)." + fit
  }

  private func panel(_ target: ProbeTargetFacts, number: Int) -> Markup {
    let own = maps.maps.filter { $0.target == target.name }
    let title = ProbeWords.capitalised(target.title)
    let most = max(own.flatMap(\.r2).max() ?? 0, 0.1)
    return tag(
      "div",
      [
        tag("h3", [.text(title)]),
        tag(
          "div", ["class": "maps"],
          own.enumerated().map { index, map in
            tag(
              "figure",
              [
                drawing(map, "\(title), the \(map.module.short)'s output", number, most: most)
                  .markup(identifier: "map-\(number)-\(index)"),
                tag(
                  "figcaption",
                  [
                    .text(
                      "\(ProbeWords.capitalised(map.module.short))'s output, \(map.side) × \(map.side) cells")
                  ]),
              ])
          }),
        tag("div", ["class": "map-legend"], [CellMap.scale(most: most)]),
        tag(
          "details", ["class": "long"],
          [tag("summary", [.text("Every cell: \(target.title)")])] + own.map { table($0).markup }),
      ])
  }

  private func drawing(_ map: ProbeMaps.Map, _ title: String, _ number: Int, most: Double) -> CellMap {
    guard let view = maps.view, !frames.examples.isEmpty else {
      return CellMap(title: title, side: map.side, values: map.r2, most: most, width: 100, height: 100)
    }
    let index = number % frames.examples.count
    let picture = frames.examples[index].picture
    return CellMap(
      title: title, side: map.side, values: map.r2, most: most, width: Double(picture.width),
      height: Double(picture.height), edges: (view.left, view.top, view.right, view.bottom),
      picture: ExampleFrames.identifier(index))
  }

  private func table(_ map: ProbeMaps.Map) -> HTMLTable {
    HTMLTable(
      "R² of each cell of the \(map.module.short)'s output",
      [.text("")] + (0..<map.side).map { .number(.text("column \($0 + 1)")) },
      dense: true,
      rows: (0..<map.side).map { row in
        [.text("row \(row + 1)")]
          + (0..<map.side).map { .text(Typography.minus(Figure.decimal(map.r2[row * map.side + $0]))) }
      })
  }
}
