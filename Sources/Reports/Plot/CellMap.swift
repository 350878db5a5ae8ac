/// Values of square cells laid half transparent over a picture, dark for the least and bright for the most.
package struct CellMap: Sendable, Equatable {
  package var title: String
  /// Cells from top to bottom, and as many from left to right.
  package var side: Int
  /// Rows from the top.
  package var values: [Double]
  /// What the brightest colour stands for; the darkest is 0 and less.
  package var most: Double
  /// Of the drawing.
  package var width: Double
  package var height: Double
  /// Edges of all cells together, as shares of the drawing: left, top, right, bottom.
  package var edges: (left: Double, top: Double, right: Double, bottom: Double)
  /// Identifier of the picture below, as wide and high as the drawing; `nil` for none.
  package var picture: String?

  package init(
    title: String, side: Int, values: [Double], most: Double, width: Double, height: Double,
    edges: (left: Double, top: Double, right: Double, bottom: Double) = (0, 0, 1, 1), picture: String? = nil
  ) {
    self.title = title
    self.side = side
    self.values = values
    self.most = most
    self.width = width
    self.height = height
    self.edges = edges
    self.picture = picture
  }

  package static func == (left: CellMap, right: CellMap) -> Bool {
    (left.title, left.side, left.values, left.most, left.picture)
      == (right.title, right.side, right.values, right.most, right.picture)
      && (left.width, left.height) == (right.width, right.height) && left.edges == right.edges
  }

  /// The map as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let (x, y) = (
      Scale(0...Double(side), from: edges.left * width, to: edges.right * width),
      Scale(0...Double(side), from: edges.top * height, to: edges.bottom * height)
    )
    let cells = values.enumerated().map { index, value in
      let (row, column) = (Double(index / side), Double(index % side))
      return tag(
        "rect",
        [
          "x": SVG.number(x(column)), "y": SVG.number(y(row)), "width": SVG.number(x(column + 1) - x(column)),
          "height": SVG.number(y(row + 1) - y(row)), "fill": Self.colour(value / most),
        ],
        [
          tag(
            "title", [.text("row \(index / side + 1), column \(index % side + 1): \(Figure.decimal(value))")])
        ])
    }
    return tag(
      "svg",
      [
        "class": "map", "viewBox": "0 0 \(SVG.number(width)) \(SVG.number(height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        picture.map { tag("use", ["href": "#\($0)"]) } ?? .nothing,
        tag("g", ["class": picture == nil ? "cells" : "cells over"], cells),
      ])
  }

  /// Where most is read, and least.
  private var summary: String {
    guard let best = values.indices.max(by: { values[$0] < values[$1] }),
      let worst = values.indices.min(by: { values[$0] < values[$1] })
    else { return "" }
    func place(_ index: Int) -> String {
      "\(Figure.decimal(values[index])) in row \(index / side + 1), column \(index % side + 1)"
    }
    return "\(side) rows and columns of cells. Most: R2 \(place(best)); least: R2 \(place(worst))."
  }

  /// A strip of the colours from 0 to `most`, with its ends named.
  package static func scale(most: Double) -> Markup {
    let steps = 24
    let bars = (0..<steps).map { step in
      tag(
        "rect",
        [
          "x": SVG.number(Double(step) * 8), "y": "0", "width": "8.5", "height": "12",
          "fill": colour((Double(step) + 0.5) / Double(steps)),
        ])
    }
    let labels = [(0.0, "start"), (0.5, "middle"), (1.0, "end")].map { place, anchor in
      SVG.text(
        (place == 0 ? "≤ " : "") + Figure.decimal(place * most), x: place * Double(steps) * 8, y: 26,
        anchor: anchor)
    }
    return tag(
      "svg",
      [
        "class": "plot map-scale", "viewBox": "0 0 192 30", "aria-hidden": "true",
        "xmlns": "http://www.w3.org/2000/svg",
      ], [tag("g", ["class": "cells"], bars)] + labels)
  }

  /// Cividis, which readers see alike whatever colours they tell apart: `#00224e` at 0 to `#fee838` at 1.
  package static func colour(_ share: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (0, 34, 78), (53, 69, 108), (102, 105, 112), (148, 142, 119), (200, 184, 102), (254, 232, 56),
    ]
    let place = (share.isFinite ? min(max(share, 0), 1) : 0) * Double(stops.count - 1)
    let lower = min(Int(place), stops.count - 2)
    let (from, to, rest) = (stops[lower], stops[lower + 1], place - Double(lower))
    let mixed = [(from.0, to.0), (from.1, to.1), (from.2, to.2)].map {
      Int(($0 + ($1 - $0) * rest).rounded())
    }
    return "#" + mixed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
