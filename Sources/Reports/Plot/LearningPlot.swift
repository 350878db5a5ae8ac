/// What more learning brings, scores against episodes or a loss against steps: one small panel.
package struct LearningPlot: Sendable, Equatable {
  /// What the axes are.
  package struct Axes: Sendable, Equatable {
    /// On the plot, and as it is read out.
    let value: (shown: String, spoken: String)
    /// How much was learned from: a title and a unit.
    let amount: (title: String, unit: String)

    package static let episodes = Axes(value: ("R²", "R2"), amount: ("episodes trained on", "episodes"))
    package static let steps = Axes(value: ("loss", "loss"), amount: ("steps", "steps"))

    package static func == (first: Axes, second: Axes) -> Bool { first.value == second.value && first.amount == second.amount }
  }

  package struct Point: Sendable, Equatable {
    package var amount: Double
    package var score: Double
    /// Standard error; 0 where there is none.
    package var spread: Double

    package init(_ amount: Double, score: Double, spread: Double = 0) {
      self.amount = amount
      self.score = score
      self.spread = spread
    }
  }

  package struct Curve: Sendable, Equatable {
    package var name: String
    package var style: Style
    /// Ascending in the amount.
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
  package var axes: Axes
  package var curves: [Curve]

  package init(title: String, axes: Axes = .episodes, curves: [Curve]) {
    self.title = title
    self.axes = axes
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
    let x = Scale(0...max(points.map(\.amount).max() ?? 1, 1), from: Self.left, to: Self.right)
    return tag(
      "svg",
      [
        "class": "plot", "viewBox": "0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        marks(x, y, domain), .group(curves.map { draw($0, x, y, domain) }),
      ])
  }

  /// Every point, for readers who do not see the plot.
  private var summary: String {
    curves.map { curve in
      "\(curve.name): "
        + curve.points.map {
          "\(axes.value.spoken) \(Figure.decimal($0.score)) of \(Figure.decimal($0.amount, places: 0)) \(axes.amount.unit)"
        }
        .joined(separator: ", ") + "."
    }.joined(separator: " ")
  }

  private func marks(_ x: Scale, _ y: Scale, _ domain: ClosedRange<Double>) -> Markup {
    let scores = Axis(domain, count: 4)
    let amounts = Axis(x.domain, count: 4)
    return tag(
      "g",
      scores.ticks.flatMap { tick in
        [
          SVG.line(Self.left, y(tick), Self.right, y(tick), tick == 0 ? "zero" : "grid"),
          SVG.text(scores.label(tick), x: Self.left - 5, y: y(tick) + 3.5, anchor: "end"),
        ]
      }
        + amounts.ticks.flatMap { tick in
          [
            SVG.line(x(tick), Self.bottom, x(tick), Self.bottom + 4, "ticks"),
            SVG.text(amounts.label(tick), x: x(tick), y: Self.bottom + 16),
          ]
        } + [
          SVG.text(axes.value.shown, x: Self.left - 5, y: 9, anchor: "end", style: "axis"),
          SVG.text(
            axes.amount.title, x: (Self.left + Self.right) / 2, y: Self.bottom + 34, style: "axis"),
        ])
  }

  private func draw(_ curve: Curve, _ x: Scale, _ y: Scale, _ domain: ClosedRange<Double>) -> Markup {
    let points = curve.points.filter { $0.score.isFinite }
    let line = tag(
      "path",
      [
        "d": SVG.path(points.map { (x: x($0.amount), y: y.clamped($0.score)) }),
        "class": "curve \(curve.style.name)",
      ])
    let marks = points.map { point in
      SVG.hit(
        x: x(point.amount), y: y.clamped(point.score),
        label: "\(curve.name), \(Figure.decimal(point.amount, places: 0)) \(axes.amount.unit): "
          + Figure.decimal(point.score, places: 3)
          + (point.spread > 0 ? " ± \(Figure.decimal(point.spread, places: 3))" : ""))
    }
    guard curve.style == .exit(0), points.count > 1, points.contains(where: { $0.spread > 0 }) else { return .group([line] + marks) }
    let outline =
      points.map { (x: x($0.amount), y: y.clamped($0.score + $0.spread)) }
      + points.reversed().map { (x: x($0.amount), y: y.clamped($0.score - $0.spread)) }
    return .group(
      [tag("path", ["d": SVG.path(outline, closed: true), "class": "band model"]), line] + marks)
  }
}
