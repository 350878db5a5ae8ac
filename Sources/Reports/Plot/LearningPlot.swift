/// Scores against the number of episodes trained on: one small panel.
package struct LearningPlot: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package var episodes: Double
    package var score: Double
    /// Standard error.
    package var spread: Double

    package init(episodes: Double, score: Double, spread: Double) {
      self.episodes = episodes
      self.score = score
      self.spread = spread
    }
  }

  package struct Curve: Sendable, Equatable {
    package var name: String
    package var style: Style
    /// Ascending in episodes.
    package var points: [Point]

    package init(name: String, style: Style, points: [Point]) {
      self.name = name
      self.style = style
      self.points = points
    }

    /// What the curve adds its class of the style sheet to.
    package enum Style: Sendable, Equatable {
      /// Fixed features of the frames.
      case frames
      /// A module's output, 0 being the last, which has a band of a standard error on either side.
      case exit(Int)

      package var name: String {
        switch self {
        case .frames: "frames"
        case .exit(let place): place == 0 ? "model" : "earlier-\(min(place, 3))"
        }
      }
    }
  }

  package var title: String
  package var curves: [Curve]

  package init(title: String, curves: [Curve]) {
    self.title = title
    self.curves = curves
  }

  private static let width = 380.0
  private static let height = 230.0
  private static let left = 38.0
  private static let right = 366.0
  private static let top = 20.0
  private static let bottom = 190.0
  /// A score far below zero says no more than "nothing decodable".
  private static let lowest = -0.25

  /// The plot as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let points = curves.flatMap(\.points)
    let ends = points.flatMap { [$0.score - $0.spread, $0.score + $0.spread] }.filter(\.isFinite)
    let lower = max(ends.min() ?? 0, Self.lowest)
    let domain = Axis.rounded(lower...max(ends.max() ?? 1, lower + 0.05), count: 4)
    let y = Scale(domain, from: Self.bottom, to: Self.top)
    let x = Scale(0...max(points.map(\.episodes).max() ?? 1, 1), from: Self.left, to: Self.right)
    return tag(
      "svg",
      [
        "class": "plot", "viewBox": "0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        axes(x, y, domain), .group(curves.map { draw($0, x, y, domain) }),
      ])
  }

  /// Every point, for readers who do not see the plot.
  private var summary: String {
    curves.map { curve in
      "\(curve.name): "
        + curve.points.map {
          "R2 \(Figure.decimal($0.score)) of \(Figure.decimal($0.episodes, places: 0)) episodes"
        }
        .joined(separator: ", ") + "."
    }.joined(separator: " ")
  }

  private func axes(_ x: Scale, _ y: Scale, _ domain: ClosedRange<Double>) -> Markup {
    let scores = Axis(domain, count: 4)
    let episodes = Axis(x.domain, count: 4)
    return tag(
      "g",
      scores.ticks.flatMap { tick in
        [
          SVG.line(Self.left, y(tick), Self.right, y(tick), tick == 0 ? "zero" : "grid"),
          SVG.text(scores.label(tick), x: Self.left - 5, y: y(tick) + 3.5, anchor: "end"),
        ]
      }
        + episodes.ticks.flatMap { tick in
          [
            SVG.line(x(tick), Self.bottom, x(tick), Self.bottom + 4, "ticks"),
            SVG.text(episodes.label(tick), x: x(tick), y: Self.bottom + 16),
          ]
        } + [
          SVG.text("R²", x: Self.left - 5, y: 9, anchor: "end", style: "axis"),
          SVG.text(
            "episodes trained on", x: (Self.left + Self.right) / 2, y: Self.bottom + 34, style: "axis"),
        ])
  }

  private func draw(_ curve: Curve, _ x: Scale, _ y: Scale, _ domain: ClosedRange<Double>) -> Markup {
    let points = curve.points.filter { $0.score.isFinite }
    let line = tag(
      "path",
      [
        "d": SVG.path(points.map { (x: x($0.episodes), y: y.clamped($0.score)) }),
        "class": "curve \(curve.style.name)",
      ])
    let marks = points.map { point in
      SVG.hit(
        x: x(point.episodes), y: y.clamped(point.score),
        label: "\(curve.name), \(Figure.decimal(point.episodes, places: 0)) episodes: "
          + "\(Figure.decimal(point.score, places: 3)) ± \(Figure.decimal(point.spread, places: 3))")
    }
    guard curve.style == .exit(0), points.count > 1 else { return .group([line] + marks) }
    let outline =
      points.map { (x: x($0.episodes), y: y.clamped($0.score + $0.spread)) }
      + points.reversed().map { (x: x($0.episodes), y: y.clamped($0.score - $0.spread)) }
    return .group(
      [tag("path", ["d": SVG.path(outline, closed: true), "class": "band model"]), line] + marks)
  }
}
