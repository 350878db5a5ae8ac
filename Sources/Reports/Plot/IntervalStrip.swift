/// One estimate with its interval against a margin, on a strip as wide as its place and never scaled.
///
/// Positions are percentages, so text keeps its size at any width.
package struct IntervalStrip: Sendable {
  package enum Standing: String, Sendable {
    /// The whole interval lies above the margin.
    case loses
    /// The whole interval lies below the margin.
    case keeps
    /// The interval holds the margin.
    case open
  }

  package let value: Double
  package let lower: Double
  package let upper: Double
  package let margin: Double
  /// Whether what lies above the margin is to the good.
  package var isGain = false

  package var standing: Standing {
    if lower > margin { return .loses }
    return upper < margin ? .keeps : .open
  }

  /// A range that shows all strips of a table: zero, both sides of the margin and every interval.
  package static func domain(of strips: [IntervalStrip]) -> ClosedRange<Double> {
    let values = strips.flatMap { [$0.value, $0.lower, $0.upper, $0.margin * 2, -$0.margin] }.filter(
      \.isFinite)
    return Axis.rounded(max(-1, min(0, values.min() ?? 0))...max(0.05, min(2, values.max() ?? 0)), count: 5)
  }

  /// The strip; its numbers stand beside it as text, so readers who do not see it lose nothing.
  package func markup(_ domain: ClosedRange<Double>) -> Markup {
    let x = Scale(domain, from: 0, to: 100)
    let style = (isGain && standing == .loses ? Standing.keeps : standing).rawValue
    var pieces: [Markup] = [
      tag(
        "rect",
        [
          "x": percent(x.clamped(-margin)), "y": "0",
          "width": percent(x.clamped(margin) - x.clamped(-margin)),
          "height": "28", "class": "margin",
        ]),
      vertical(x(0), 0, 28, "zero"),
    ]
    if domain.contains(margin) { pieces.append(vertical(x(margin), 0, 28, "edge")) }
    if lower.isFinite, upper.isFinite {
      pieces += [
        tag(
          "line",
          [
            "x1": percent(x.clamped(lower)), "x2": percent(x.clamped(upper)), "y1": "14", "y2": "14",
            "class": "span \(style)",
          ]),
        vertical(x.clamped(lower), 10, 18, "cap \(style)"),
        vertical(x.clamped(upper), 10, 18, "cap \(style)"),
      ]
    }
    if value.isFinite {
      pieces.append(tag("circle", ["cx": percent(x.clamped(value)), "cy": "14", "r": "4.5", "class": style]))
    }
    return tag(
      "svg", ["class": "strip", "aria-hidden": "true", "xmlns": "http://www.w3.org/2000/svg"], pieces)
  }

  /// The marks of the axis that all strips share.
  package static func axis(_ domain: ClosedRange<Double>) -> Markup {
    let x = Scale(domain, from: 0, to: 100)
    let axis = Axis(domain, count: 5)
    let marks = axis.ticks.flatMap { tick -> [Markup] in
      let place = x(tick)
      return [
        tag(
          "text",
          [
            "x": percent(place), "y": "15",
            "text-anchor": place < 3 ? "start" : place > 97 ? "end" : "middle",
          ], [.text(axis.label(tick))]),
        vertical(place, 20, 28, "ticks"),
      ]
    }
    return tag(
      "svg", ["class": "strip", "aria-hidden": "true", "xmlns": "http://www.w3.org/2000/svg"], marks)
  }

  private func vertical(_ x: Double, _ top: Double, _ bottom: Double, _ style: String) -> Markup {
    IntervalStrip.vertical(x, top, bottom, style)
  }

  private static func vertical(_ x: Double, _ top: Double, _ bottom: Double, _ style: String) -> Markup {
    tag(
      "line",
      ["x1": percent(x), "x2": percent(x), "y1": SVG.number(top), "y2": SVG.number(bottom), "class": style])
  }

  private func percent(_ value: Double) -> String { IntervalStrip.percent(value) }

  private static func percent(_ value: Double) -> String { SVG.number(value) + "%" }
}
