internal import Grounding
internal import Jarvis

/// A picture of a question with the truth and the answers drawn over it.
struct AnswerPlot {
  struct Answer {
    let model: String
    /// The place of the model among all.
    let index: Int
    let point: PicturePoint
  }

  let title: String
  /// Identifier of the picture in the page.
  let picture: String
  let frame: PictureSize
  let truths: [GroundingScore.Truth]
  let answers: [Answer]

  private static let drawn = 320.0

  /// Marks of models in turn: classes of the style sheet.
  static let styles = ["model", "frames", "compared"]

  func markup(identifier: String) -> Markup {
    let unit = Self.drawn / Double(frame.width)
    let height = Double(frame.height) * unit
    func place(_ point: PicturePoint) -> (x: Double, y: Double) { (point.x * Self.drawn, point.y * height) }
    let boxes = truths.compactMap(\.box).flatMap { box in
      let (least, greatest) = (place(box.least), place(box.greatest))
      return ["casing", "sight truth"].map { style in
        tag(
          "rect",
          [
            "x": SVG.number(least.x), "y": SVG.number(least.y), "width": SVG.number(greatest.x - least.x),
            "height": SVG.number(greatest.y - least.y), "class": style,
          ])
      }
    }
    let points = truths.map { truth in
      let point = place(truth.point)
      return FramePlot.mark("truth", point.x, point.y, "truth")
    }
    // Off the picture, a mark stands at its border.
    let marks = answers.map { answer in
      let point = place(answer.point)
      return FramePlot.mark(
        Self.styles[answer.index % Self.styles.count], min(max(point.x, 0), Self.drawn), min(max(point.y, 0), height), answer.model)
    }
    return tag(
      "svg",
      [
        "class": "scene", "viewBox": "0 0 \(SVG.number(Self.drawn)) \(SVG.number(height))", "role": "img",
        "aria-labelledby": "\(identifier)-title \(identifier)-desc", "xmlns": "http://www.w3.org/2000/svg",
      ],
      [
        tag("title", ["id": "\(identifier)-title"], [.text(title)]), tag("desc", ["id": "\(identifier)-desc"], [.text(summary)]),
        tag("use", ["href": "#\(picture)", "transform": "scale(\(Figure.decimal(unit, places: 5)))"]),
        .group(boxes), .group(points), .group(marks),
      ])
  }

  /// Where everything is, for readers who do not see the plot.
  private var summary: String {
    let truths = truths.map { truth in
      truth.box.map { "truth: a box from \(Self.words($0.least)) to \(Self.words($0.greatest))" } ?? "truth: \(Self.words(truth.point))"
    }
    let all = truths + answers.map { "\($0.model): \(Self.words($0.point))" }
    return all.isEmpty ? "Nothing is marked." : all.joined(separator: ". ") + "."
  }

  private static func words(_ point: PicturePoint) -> String {
    "\(Figure.percent(point.x)) from the left and \(Figure.percent(point.y)) from the top"
  }
}
