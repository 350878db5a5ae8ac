internal import Foundation
internal import Images
internal import Probing
internal import Runtime
internal import Tensors

/// Where in the picture the targets can be read, over frames of the demonstrations.
struct ProbeMapSection {
  let report: ProbeReport
  private let maps: ProbeMaps
  private let pictures: [[UInt8]]

  /// `nil` where there are no maps.
  ///
  /// - Throws: where a frame does not fit into memory as a PNG.
  init?(_ report: ProbeReport) throws(VLMError) {
    guard let maps = report.maps, !maps.maps.isEmpty else { return nil }
    self.report = report
    self.maps = maps
    var pictures: [[UInt8]] = []
    for example in maps.view == nil ? [] : maps.examples {
      pictures.append(try RGBImage(example.picture)?.encodedAsPNG() ?? [])
    }
    self.pictures = pictures
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
        tag("p", ["class": "note"], [.text(ground)]), definitions,
      ] + report.targets.enumerated().map { panel($1, number: $0) })
  }

  private var ground: String {
    guard let view = maps.view else {
      return
        "Which part of a frame a cell covers cannot be known for this image processor: the cells are drawn by themselves."
    }
    let names = maps.examples.map { "row \($0.row) of episode \($0.episode + 1)" }.joined(separator: ", ")
    let edges = [view.left, view.top, 1 - view.right, 1 - view.bottom]
    let fit =
      edges.contains { $0 > 0.01 }
      ? " The model does not see the rim of the frames, which its image processor cuts off."
      : edges.contains { $0 < -0.01 } ? " Cells that lie over padding alone are not shown." : ""
    return "Frames, in grey: \(names)." + fit
  }

  /// Every frame once, however many maps lie over it.
  private var definitions: Markup {
    pictures.isEmpty
      ? .nothing
      : tag(
        "svg",
        [
          "class": "definitions", "aria-hidden": "true", "width": "0", "height": "0",
          "xmlns": "http://www.w3.org/2000/svg",
        ],
        [
          tag(
            "defs",
            zip(maps.examples, pictures).enumerated().map { index, example in
              tag(
                "image",
                [
                  "id": "frame-\(index)", "width": "\(example.0.picture.width)",
                  "height": "\(example.0.picture.height)",
                  "href": "data:image/png;base64,\(Data(example.1).base64EncodedString())",
                ])
            })
        ])
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
    guard let view = maps.view, !pictures.isEmpty else {
      return CellMap(title: title, side: map.side, values: map.r2, most: most, width: 100, height: 100)
    }
    let index = number % pictures.count
    let picture = maps.examples[index].picture
    return CellMap(
      title: title, side: map.side, values: map.r2, most: most, width: Double(picture.width),
      height: Double(picture.height), edges: (view.left, view.top, view.right, view.bottom),
      picture: "frame-\(index)")
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

extension RGBImage {
  /// `nil` where there is no picture.
  init?(_ thumbnail: ProbeThumbnail) {
    guard thumbnail.width > 0, thumbnail.height > 0,
      thumbnail.pixels.count == thumbnail.width * thumbnail.height * 3
    else { return nil }
    self.init(width: thumbnail.width, height: thumbnail.height, pixels: [UInt8](thumbnail.pixels))
  }
}
