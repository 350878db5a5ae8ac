internal import Foundation

/// Scores against what they cost, the cost on a logarithmic axis.
package struct CostPlot: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    /// Stands beside the point.
    package var mark: String
    package var name: String
    /// Positive.
    package var cost: Double
    package var score: Double

    package init(mark: String, name: String, cost: Double, score: Double) {
      self.mark = mark
      self.name = name
      self.cost = cost
      self.score = score
    }
  }

  package var title: String
  /// What the cost is: `parameters run`.
  package var axis: String
  package var points: [Point]
  /// A score that costs nothing.
  package var reference: LayerPlot.Reference

  package init(title: String, axis: String, points: [Point], reference: LayerPlot.Reference) {
    self.title = title
    self.axis = axis
    self.points = points
    self.reference = reference
  }

  private static let width = 380.0
  private static let height = 230.0
  private static let left = 38.0
  private static let right = 300.0
  private static let top = 20.0
  private static let bottom = 190.0

  /// The plot as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let scores = points.map(\.score) + [reference.value]
    let (least, most) = (scores.min() ?? 0, scores.max() ?? 1)
    let domain = Axis.rounded(least - 0.02...max(most + 0.02, least + 0.1), count: 4)
    let y = Scale(domain, from: Self.bottom, to: Self.top)
    let costs = points.map { log10($0.cost) }
    let x = Scale((costs.min() ?? 0) - 0.3...(costs.max() ?? 1) + 0.3, from: Self.left, to: Self.right)
    return tag(
      "svg",
      [
        "class": "plot", "viewBox": "0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]), axes(x, y),
        SVG.line(Self.left, y(reference.value), Self.right, y(reference.value), "reference"),
        SVG.text(reference.name, x: Self.right + 5, y: y(reference.value) + 3.5, anchor: "start"),
        .group(
          points.map { point in
            let (across, up) = (x(log10(point.cost)), y(point.score))
            return .group([
              SVG.mark(
                .model, x: across, y: up,
                label:
                  "\(point.name): \(Figure.decimal(point.score, places: 3)), \(Self.short(point.cost)) \(axis)"
              ),
              SVG.text(point.mark, x: across + 6, y: up + 3.5, anchor: "start", style: "axis"),
            ])
          }),
      ])
  }

  private var summary: String {
    points.map { "\($0.name): R2 \(Figure.decimal($0.score)), \(Self.short($0.cost)) \(axis)." }.joined(
      separator: " ") + " \(reference.name): R2 \(Figure.decimal(reference.value))."
  }

  /// `1.42 M`, `3.2`.
  private static func short(_ cost: Double) -> String {
    cost < 1000 ? Figure.significant(cost) : Figure.parameters(Int(cost))
  }

  private func axes(_ x: Scale, _ y: Scale) -> Markup {
    let scores = Axis(y.domain, count: 4)
    let decades = Int(x.domain.lowerBound.rounded(.down))...Int(x.domain.upperBound.rounded(.up))
    let marks = decades.flatMap { decade in [1.0, 2, 5].map { $0 * pow(10, Double(decade)) } }
    return tag(
      "g",
      scores.ticks.flatMap { tick in
        [
          SVG.line(Self.left, y(tick), Self.right, y(tick), tick == 0 ? "zero" : "grid"),
          SVG.text(scores.label(tick), x: Self.left - 5, y: y(tick) + 3.5, anchor: "end"),
        ]
      }
        + marks.filter { x.domain.contains(log10($0)) }.flatMap { mark in
          [
            SVG.line(x(log10(mark)), Self.bottom, x(log10(mark)), Self.bottom + 4, "ticks"),
            SVG.text(Self.short(mark), x: x(log10(mark)), y: Self.bottom + 16),
          ]
        } + [
          SVG.text("R²", x: Self.left - 5, y: 9, anchor: "end", style: "axis"),
          SVG.text(axis, x: (Self.left + Self.right) / 2, y: Self.bottom + 34, style: "axis"),
        ])
  }
}
