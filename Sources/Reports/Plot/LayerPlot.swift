/// Scores over the stages of the encoder: one small panel, curves with bands, the pixel baseline set apart.
package struct LayerPlot: Sendable, Equatable {
  package var title: String
  /// What the plot shows in a sentence, for readers who do not see it.
  package var summary: String
  package var metric: String
  package var stages: [StageAxis.Stage]
  package var series: [Series]
  /// Horizontal lines: floor and ceiling of what can be reached.
  package var references: [Reference] = []
  /// Range of the y axis, shared between panels that are compared.
  package var domain: ClosedRange<Double>

  package struct Reference: Sendable, Equatable {
    package var name: String
    package var value: Double

    package init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// A range that holds the scores and intervals of `series`, with 0 and `references` inside and -0.25 as its lowest.
  ///
  /// A score far below zero says no more than "nothing decodable"; drawn to scale it would flatten all else.
  package static func domain(of series: [Series], references: [Reference] = []) -> ClosedRange<Double> {
    let points = series.flatMap(\.points)
    let values = points.flatMap { [$0.score, $0.lower, $0.upper] } + references.map(\.value)
    let finite = values.filter(\.isFinite)
    let lower = max(min(0, finite.min() ?? 0), lowest)
    let upper = max(finite.max() ?? 1, lower + 0.1)
    let rounded = Axis.rounded(lower...upper, count: 5)
    return max(rounded.lowerBound, lowest)...rounded.upperBound
  }

  private static let lowest = -0.25
  private static let width = 380.0
  private static let height = 240.0
  private static let left = 38.0
  private static let right = 320.0
  private static let top = 20.0
  private static let bottom = 190.0

  /// The plot as SVG; `identifier` must be unlike any other in the page.
  package func markup(identifier: String) -> Markup {
    let y = Scale(domain, from: LayerPlot.bottom, to: LayerPlot.top)
    let x = StageAxis(stages, from: LayerPlot.left + 12, to: LayerPlot.right - 10)
    let curves = series.sorted { order($0.role) < order($1.role) }
    return tag(
      "svg",
      [
        "class": "plot", "viewBox": "0 0 \(SVG.number(LayerPlot.width)) \(SVG.number(LayerPlot.height))",
        "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]),
        tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        scoreAxis(y), stageAxis(x), referenceLines(y),
        .group(curves.map { band($0, x, y) }),
        .group(curves.map { curve($0, x, y) }),
      ])
  }

  /// The random encoder lies behind; the compared curve, dashed, in front, so that it shows where both agree.
  private func order(_ role: Series.Role) -> Int {
    switch role {
    case .random: 0
    case .model: 1
    case .compared: 2
    }
  }

  private func scoreAxis(_ y: Scale) -> Markup {
    let axis = Axis(domain, count: 5)
    let lines = axis.ticks.flatMap { tick in
      [
        SVG.line(LayerPlot.left, y(tick), LayerPlot.right, y(tick), tick == 0 ? "zero" : "grid"),
        SVG.text(axis.label(tick), x: LayerPlot.left - 5, y: y(tick) + 3.5, anchor: "end"),
      ]
    }
    return tag("g", lines + [SVG.text(metric, x: LayerPlot.left - 5, y: 9, anchor: "end", style: "axis")])
  }

  private func stageAxis(_ x: StageAxis) -> Markup {
    var marks: [Markup] = []
    for index in x.labelled {
      let place = x.positions[index]
      marks.append(SVG.line(place, LayerPlot.bottom, place, LayerPlot.bottom + 4, "ticks"))
      let isBlock = stages[index].block != nil
      marks.append(
        SVG.text(
          stages[index].label, x: isBlock ? place : place + 4, y: LayerPlot.bottom + (isBlock ? 15 : 12),
          anchor: isBlock ? "middle" : "end", rotated: isBlock ? nil : -42))
    }
    if let blocks = x.blocks {
      let middle = (x.positions[blocks.lowerBound] + x.positions[blocks.upperBound]) / 2
      marks.append(SVG.text("vision block", x: middle, y: LayerPlot.bottom + 32, style: "axis"))
    }
    return tag("g", marks)
  }

  /// Lines across the panel, named in the margin; names that would overlap are moved apart.
  private func referenceLines(_ y: Scale) -> Markup {
    let shown = references.filter { domain.contains($0.value) }.sorted { $0.value < $1.value }
    var ceiling = Double.infinity
    return .group(
      shown.map { reference in
        let place = min(y(reference.value) + 3.5, ceiling)
        ceiling = place - 12
        return tag(
          "g",
          [
            SVG.line(LayerPlot.left, y(reference.value), LayerPlot.right, y(reference.value), "reference"),
            SVG.text(reference.name, x: LayerPlot.right + 5, y: place, anchor: "start"),
          ])
      })
  }

  private func band(_ series: Series, _ x: StageAxis, _ y: Scale) -> Markup {
    .group(
      Band(encoderPoints(series), x: { x.positions[$0] }, y: y).outlines.map {
        tag("path", ["d": SVG.path($0, closed: true), "class": "band \(series.role.rawValue)"])
      })
  }

  private func curve(_ series: Series, _ x: StageAxis, _ y: Scale) -> Markup {
    var pieces = Band.runs(encoderPoints(series)).map { run in
      tag(
        "path",
        [
          "d": SVG.path(run.map { (x: x.positions[$0.stage], y: y.clamped($0.score)) }),
          "class": "curve \(series.role.rawValue)",
        ])
    }
    for point in series.points where point.score.isFinite {
      let place = x.positions[point.stage]
      let label =
        (isBaseline(point.stage) ? "" : series.name + ", ") + stages[point.stage].name + ": "
        + Figure.interval(point.score, point.lower, point.upper, places: 3)
      if isBaseline(point.stage), point.lower.isFinite, point.upper.isFinite {
        pieces.append(SVG.line(place, y.clamped(point.lower), place, y.clamped(point.upper), "whisker"))
      }
      if point.score < domain.lowerBound {
        pieces.append(belowScale(series, x: place, label: label))
      } else if isBaseline(point.stage) {
        pieces.append(
          SVG.line(place, y.clamped(point.score), LayerPlot.right, y.clamped(point.score), "baseline"))
        pieces.append(SVG.diamond(x: place, y: y.clamped(point.score), label: label))
      } else {
        let isMarked = x.marked.contains(point.stage)
        pieces.append(
          isMarked
            ? SVG.mark(series.role, x: place, y: y.clamped(point.score), label: label)
            : SVG.hit(x: place, y: y.clamped(point.score), label: label))
      }
    }
    return tag("g", pieces)
  }

  /// A triangle on the lower edge: the score lies below the axis; its number is in the title and in the table.
  private func belowScale(_ series: Series, x: Double, label: String) -> Markup {
    let edge = LayerPlot.bottom
    return tag(
      "path",
      [
        "d": SVG.path([(x - 3.5, edge - 6), (x + 3.5, edge - 6), (x, edge)], closed: true),
        "class": "mark \(series.role.rawValue)",
      ], [tag("title", [.text(label + " (below the axis)")])])
  }

  /// Pixels are an input, not a stage of the encoder: no curve leads from them to the first block.
  private func isBaseline(_ stage: Int) -> Bool { stages[stage].isInput }

  private func encoderPoints(_ series: Series) -> [Series.Point] {
    series.points.filter { !isBaseline($0.stage) && $0.score.isFinite }
  }
}
