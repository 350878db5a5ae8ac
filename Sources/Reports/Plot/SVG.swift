/// Numbers and paths as SVG writes them.
package enum SVG {
  /// At most two decimals, no trailing zeros.
  package static func number(_ value: Double) -> String {
    let text = Figure.decimal(value)
    guard text.contains(".") else { return text }
    let trimmed = String(text.reversed().drop { $0 == "0" }.reversed())
    return trimmed.hasSuffix(".") ? String(trimmed.dropLast()) : trimmed
  }

  package static func path(_ points: [(x: Double, y: Double)], closed: Bool = false) -> String {
    points.enumerated().map { index, point in
      (index == 0 ? "M" : "L") + number(point.x) + " " + number(point.y)
    }.joined() + (closed ? "Z" : "")
  }

  package static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup
  {
    tag("line", ["x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2), "class": style])
  }

  package static func text(
    _ content: String, x: Double, y: Double, anchor: String = "middle", style: String = "tick",
    rotated degrees: Double? = nil
  ) -> Markup {
    tag(
      "text",
      [
        "x": number(x), "y": number(y), "text-anchor": anchor, "class": style,
        "transform": degrees.map { "rotate(\(number($0)) \(number(x)) \(number(y)))" },
      ], [.text(content)])
  }

  /// A place that shows `label` under the pointer and nothing else.
  package static func hit(x: Double, y: Double, label: String) -> Markup {
    tag(
      "circle", ["cx": number(x), "cy": number(y), "r": "4", "class": "hit"], [tag("title", [.text(label)])])
  }

  /// The mark of the pixel baseline.
  package static func diamond(x: Double, y: Double, label: String?) -> Markup {
    tag(
      "path",
      ["d": path([(x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)], closed: true), "class": "mark pixels"],
      label.map { [tag("title", [.text($0)])] } ?? [])
  }

  /// The mark of a role: disc, open square or ring, about 5 units wide.
  package static func mark(_ role: Series.Role, x: Double, y: Double, label: String?) -> Markup {
    let title = label.map { [tag("title", [.text($0)])] } ?? []
    return switch role {
    case .model: tag("circle", ["cx": number(x), "cy": number(y), "r": "2.8", "class": "mark model"], title)
    case .compared:
      tag(
        "rect",
        [
          "x": number(x - 2.4), "y": number(y - 2.4), "width": "4.8", "height": "4.8",
          "class": "mark compared",
        ], title)
    case .random:
      tag("circle", ["cx": number(x), "cy": number(y), "r": "2.2", "class": "mark random"], title)
    }
  }
}
