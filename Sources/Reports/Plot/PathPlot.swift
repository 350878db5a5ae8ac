/// Paths in a plane, seen at one scale in both directions.
package struct PathPlot: Sendable, Equatable {
  package struct Path: Sendable, Equatable {
    package var name: String
    /// What the path adds to its class of the style sheet: `truth`, `frames`, `model`.
    package var style: String
    package var points: [Point]

    package init(name: String, style: String, points: [Point]) {
      self.name = name
      self.style = style
      self.points = points
    }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  package var title: String
  /// What is drawn across and up.
  package var axes: (across: String, up: String)
  package var paths: [Path]

  package init(title: String, axes: (across: String, up: String), paths: [Path]) {
    self.title = title
    self.axes = axes
    self.paths = paths
  }

  package static func == (left: PathPlot, right: PathPlot) -> Bool {
    left.title == right.title && left.axes == right.axes && left.paths == right.paths
  }

  private static let width = 380.0
  private static let height = 300.0
  private static let left = 46.0
  private static let right = 366.0
  private static let top = 18.0
  private static let bottom = 262.0

  /// The plot as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let points = paths.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let (across, up) = (Self.extent(points.map(\.x)), Self.extent(points.map(\.y)))
    // One scale: as large as both extents allow, each about its middle.
    let (wide, high) = (Self.right - Self.left, Self.bottom - Self.top)
    let unit = 1.1 * max(across.span / wide, up.span / high)
    func about(_ middle: Double, _ length: Double) -> ClosedRange<Double> {
      middle - unit * length / 2...middle + unit * length / 2
    }
    let x = Scale(about(across.middle, wide), from: Self.left, to: Self.right)
    let y = Scale(about(up.middle, high), from: Self.bottom, to: Self.top)
    return tag(
      "svg",
      [
        "class": "plot", "viewBox": "0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]), frame(x, y),
        .group(paths.map { draw($0, x, y) }),
      ])
  }

  private static func extent(_ values: [Double]) -> (middle: Double, span: Double) {
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    return ((least + most) / 2, max(most - least, 1e-9))
  }

  /// Where every path begins and ends, for readers who do not see the plot.
  private var summary: String {
    paths.compactMap { path in
      guard let first = path.points.first, let last = path.points.last else { return nil }
      func place(_ point: Point) -> String {
        "\(Figure.significant(point.x)), \(Figure.significant(point.y))"
      }
      return "\(path.name): from \(axes.across), \(axes.up) = \(place(first)) to \(place(last))."
    }.joined(separator: " ")
  }

  private func frame(_ x: Scale, _ y: Scale) -> Markup {
    let (across, up) = (Axis(x.domain, count: 4), Axis(y.domain, count: 4))
    return tag(
      "g",
      across.ticks.flatMap { tick in
        [
          SVG.line(x(tick), Self.top, x(tick), Self.bottom, "grid"),
          SVG.text(across.label(tick), x: x(tick), y: Self.bottom + 14),
        ]
      }
        + up.ticks.flatMap { tick in
          [
            SVG.line(Self.left, y(tick), Self.right, y(tick), "grid"),
            SVG.text(up.label(tick), x: Self.left - 5, y: y(tick) + 3.5, anchor: "end"),
          ]
        } + [
          SVG.text(axes.up, x: Self.left - 5, y: 9, style: "axis"),
          SVG.text(axes.across, x: Self.right, y: Self.bottom + 30, anchor: "end", style: "axis"),
        ])
  }

  private func draw(_ path: Path, _ x: Scale, _ y: Scale) -> Markup {
    let places = path.points.filter { $0.x.isFinite && $0.y.isFinite }.map { (x: x($0.x), y: y($0.y)) }
    guard let first = places.first else { return .nothing }
    return .group([
      tag(
        "path", ["d": SVG.path(places), "class": "curve \(path.style)"], [tag("title", [.text(path.name)])]),
      tag(
        "circle",
        ["cx": SVG.number(first.x), "cy": SVG.number(first.y), "r": "3.2", "class": "start \(path.style)"],
        [tag("title", [.text("\(path.name), first frame")])]),
    ])
  }
}
