internal import Probing

/// Positions drawn into frames of the demonstrations: where they were, and where they are read.
struct ProbeProjectionSection {
  let report: ProbeReport
  private let projections: ProbeProjections
  private let frames: ExampleFrames

  /// `nil` where no target is a place in the world.
  init?(_ report: ProbeReport, over frames: ExampleFrames) {
    guard let projections = report.projections else { return nil }
    self.report = report
    self.projections = projections
    self.frames = frames
  }

  var markup: Markup {
    tag(
      "section", ["aria-labelledby": "projections"],
      [tag("h2", ["id": "projections"], ["In the frames"])]
        + (projections.points.isEmpty ? [] : [lead, legend])
        + projections.missing.map { tag("p", ["class": "note"], [.text($0)]) }
        + report.targets.enumerated().map { panel($1, number: $0) })
  }

  private typealias Reading = @Sendable (ProbeProjections.Point) -> ProbeProjections.Place
  private static let styles: [(name: String, style: String, place: Reading)] = [
    ("recorded", "truth", { $0.truth }), ("from the frames", "frames", { $0.frames }),
    ("from the last output", "model", { $0.model }),
  ]

  private var lead: Markup {
    tag(
      "p", ["class": "lead"],
      [
        .text(
          "Recorded positions, and those read out of fold from fixed features of the frames and from the last module's output, "
            + "projected into frames by the camera that the recording tells; the part of a frame about them is shown. What is off "
            + "along the line of sight hardly shows; millimetres below are of all three directions."
        )
      ])
  }

  private var legend: Markup {
    LegendList.markup(
      Self.styles.map { style in
        let line = [SVG.line(1, 7, 35, 7, "casing"), SVG.line(1, 7, 35, 7, "sight \(style.style)")]
        return (
          swatch: (style.style == "truth" ? [] : line) + [FramePlot.mark(style.style, 18, 7, nil)],
          name: style.name
        )
      })
  }

  private func panel(_ target: ProbeTargetFacts, number: Int) -> Markup {
    let points = projections.points.filter { $0.target == target.name }
    guard let first = points.first else { return .nothing }
    // `puck` of `puck.x`, `goal_pos` of `goal_pos[0]`.
    let thing = first.columns[0].replacing(/(\.x|\[0\]|^x)$/, with: "")
    let title = ProbeWords.capitalised(target.title) + (target.title.contains(thing) ? "" : ": \(thing)")
    return tag(
      "div",
      [
        tag("h3", [.text(title)]),
        tag(
          "div", ["class": "scenes"],
          points.enumerated().map { figure($1, title: title, identifier: "projection-\(number)-\($0)") }),
        tag(
          "details", ["class": "long"],
          [tag("summary", [.text("Every point: \(target.title)")]), table(points).markup]),
      ])
  }

  private func figure(_ point: ProbeProjections.Point, title: String, identifier: String) -> Markup {
    guard
      let index = frames.examples.firstIndex(where: { $0.episode == point.episode && $0.row == point.row })
    else { return .nothing }
    let picture = frames.examples[index].picture
    let seen = Self.styles.compactMap { style in
      shares(style.place(point)).map {
        FramePlot.Mark(name: style.name, style: style.style, x: $0.x, y: $0.y)
      }
    }
    let isSeen = seen.first?.style == "truth"
    let plot = FramePlot(
      title: "\(title), row \(point.row) of episode \(point.episode + 1)",
      picture: ExampleFrames.identifier(index), width: Double(picture.width), height: Double(picture.height),
      marks: isSeen ? seen : [])
    return tag(
      "figure",
      [plot.markup(identifier: identifier), tag("figcaption", [.text(caption(point, isSeen: isSeen))])])
  }

  /// Of the frame; `nil` for a place behind the camera or outside of the frame.
  private func shares(_ place: ProbeProjections.Place) -> (x: Double, y: Double)? {
    guard let x = place.x, let y = place.y else { return nil }
    let shares = (x: x / Double(report.data.imageWidth), y: y / Double(report.data.imageHeight))
    return (0...1).contains(shares.x) && (0...1).contains(shares.y) ? shares : nil
  }

  private func caption(_ point: ProbeProjections.Point, isSeen: Bool) -> String {
    let misses = Self.styles.dropFirst().map { style in
      let place = style.place(point)
      let unseen = !isSeen || shares(place) != nil ? "" : " (\(whereabouts(place)))"
      return "\(style.name): \(millimetres(place.distance)) off\(unseen)"
    }
    let truth = isSeen ? "" : " The recorded point is \(whereabouts(point.truth)): nothing is drawn."
    let read = ProbeWords.capitalised(misses.joined(separator: "; "))
    return "Row \(point.row) of episode \(point.episode + 1). \(read)." + truth
  }

  private func whereabouts(_ place: ProbeProjections.Place) -> String {
    place.x == nil ? "behind the camera" : "outside of the frame"
  }

  private func millimetres(_ metres: Double) -> String { "\(Figure.decimal(1000 * metres, places: 0)) mm" }

  private func table(_ points: [ProbeProjections.Point]) -> HTMLTable {
    HTMLTable(
      "In pixels from the upper left corner of frames of \(report.data.imageWidth) × \(report.data.imageHeight), and in the world",
      [.text("frame"), .text("point")]
        + (["across", "down", "depth (m)"] + points[0].columns.map { "\($0) (m)" } + ["off (mm)"]).map {
          .number(.text($0))
        }, dense: true,
      rows: points.flatMap { point in
        Self.styles.map { style in
          let place = style.place(point)
          func cell(_ value: Double?, _ places: Int) -> Markup {
            .text(value.map { Typography.minus(Figure.decimal($0, places: places)) } ?? "behind")
          }
          return [.text("row \(point.row) of episode \(point.episode + 1)"), .text(style.name)]
            + [cell(place.x, 1), cell(place.y, 1), cell(place.depth, 3)] + place.world.map { cell($0, 3) }
            + [cell(1000 * place.distance, 1)]
        }
      })
  }
}
