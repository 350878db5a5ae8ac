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
    let window = window
    let unit = Self.drawn / (width * window.share)
    func place(_ mark: Mark) -> (x: Double, y: Double) {
      ((mark.x - window.left) * width * unit, (mark.y - window.top) * height * unit)
    }
    let truth = marks.first.map(place)
    let lines = marks.dropFirst().flatMap { mark in
      // A dark line below a bright one is seen on every ground.
      ["casing", "sight \(mark.style)"].map { style in
        SVG.line(truth!.x, truth!.y, place(mark).x, place(mark).y, style)
      }
    }
    return tag(
      "svg",
      [
        "class": "scene",
        "viewBox": "0 0 \(SVG.number(Self.drawn)) \(SVG.number(height * window.share * unit))",
        "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        tag(
          "use",
          [
            "href": "#\(picture)",
            "transform": "scale(\(SVG.number(unit))) translate(\(SVG.number(-window.left * width)) "
              + "\(SVG.number(-window.top * height)))",
          ]), .group(lines),
        .group(marks.map { Self.mark($0.style, place($0).x, place($0).y, $0.name) }),
      ])
  }

  /// What is shown of the picture: all marks and as much about them on each side, but not less than half of it. `share` is
  /// that of its width and of its height.
  private var window: (left: Double, top: Double, share: Double) {
    func middle(_ values: [Double]) -> (of: Double, span: Double) {
      let (least, most) = (values.min() ?? 0.5, values.max() ?? 0.5)
      return ((least + most) / 2, most - least)
    }
    guard !marks.isEmpty else { return (0, 0, 1) }
    let (x, y) = (middle(marks.map(\.x)), middle(marks.map(\.y)))
    let share = min(max(3 * max(x.span, y.span), 0.5), 1)
    func start(_ middle: Double) -> Double { min(max(middle - share / 2, 0), 1 - share) }
    return (start(x.of), start(y.of), share)
  }

  /// A cross for the truth, a diamond for the frames, a disc for the model.
  package static func mark(_ style: String, _ x: Double, _ y: Double, _ name: String?) -> Markup {
    let title = name.map { [tag("title", [.text($0)])] } ?? []
    switch style {
    case "truth":
      return tag(
        "g", [:],
        ["casing", "sight truth"].flatMap { style in
          [SVG.line(x - 6, y, x + 6, y, style), SVG.line(x, y - 6, x, y + 6, style)]
        } + title)
    case "frames":
      let corners = [(x: x - 4.5, y: y), (x, y - 4.5), (x + 4.5, y), (x, y + 4.5)]
      return tag("path", ["d": SVG.path(corners, closed: true), "class": "spot frames"], title)
    default:
      return tag(
        "circle", ["cx": SVG.number(x), "cy": SVG.number(y), "r": "3.4", "class": "spot \(style)"], title)
    }
  }

  /// Where every mark is, for readers who do not see the plot.
  private var summary: String {
    marks.map { "\($0.name): \(Figure.percent($0.x)) from the left, \(Figure.percent($0.y)) from the top." }
      .joined(separator: " ")
  }
}
