/// Points marked in a picture, each joined to the first of them.
package struct FramePlot: Sendable, Equatable {
  package struct Mark: Sendable, Equatable {
    package var name: String
    /// What the mark adds to its class of the style sheet, and its shape: `truth`, `frames`, `model`.
    package var style: String
    /// Share of the picture's width from the left, 0 to 1.
    package var x: Double
    /// The same of its height from the top.
    package var y: Double

    package init(name: String, style: String, x: Double, y: Double) {
      self.name = name
      self.style = style
      self.x = x
      self.y = y
    }
  }

  package var title: String
  /// Identifier of the picture, and how wide and high that is.
  package var picture: String
  package var width: Double
  package var height: Double
  package var marks: [Mark]

  package init(title: String, picture: String, width: Double, height: Double, marks: [Mark]) {
    self.title = title
    self.picture = picture
    self.width = width
    self.height = height
    self.marks = marks
  }

  private static let drawn = 280.0

  /// The plot as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let scale = Self.drawn / width
    let places = marks.map { (mark: $0, x: $0.x * Self.drawn, y: $0.y * height * scale) }
    let lines = places.dropFirst().flatMap { end in
      // A dark line below a bright one is seen on every ground.
      ["casing", "sight \(end.mark.style)"].map { SVG.line(places[0].x, places[0].y, end.x, end.y, $0) }
    }
    return tag(
      "svg",
      [
        "class": "scene", "viewBox": "0 0 \(SVG.number(Self.drawn)) \(SVG.number(height * scale))",
        "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        tag("use", ["href": "#\(picture)", "transform": "scale(\(SVG.number(scale)))"]),
        // The first one above the others, which may hide it.
        .group(lines), .group(places.reversed().map { Self.mark($0.mark.style, $0.x, $0.y, $0.mark.name) }),
      ])
  }

  /// A ring for the truth, a diamond for the frames, a disc for the model.
  package static func mark(_ style: String, _ x: Double, _ y: Double, _ name: String?) -> Markup {
    let title = name.map { [tag("title", [.text($0)])] } ?? []
    switch style {
    case "frames":
      let corners = [(x: x - 5.5, y: y), (x, y - 5.5), (x + 5.5, y), (x, y + 5.5)]
      return tag("path", ["d": SVG.path(corners, closed: true), "class": "spot frames"], title)
    case "truth":
      let ring = { (style: String) in
        tag("circle", ["cx": SVG.number(x), "cy": SVG.number(y), "r": "6", "class": style], title)
      }
      return .group([ring("casing"), ring("sight truth")])
    default:
      return tag(
        "circle", ["cx": SVG.number(x), "cy": SVG.number(y), "r": "4.5", "class": "spot \(style)"], title)
    }
  }

  /// Where every mark is, for readers who do not see the plot.
  private var summary: String {
    marks.map { "\($0.name): \(Figure.percent($0.x)) from the left, \(Figure.percent($0.y)) from the top." }
      .joined(separator: " ")
  }
}
