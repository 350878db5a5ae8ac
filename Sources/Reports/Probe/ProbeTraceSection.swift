internal import Probing

/// Positions along an episode as they were, and as they are read.
struct ProbeTraceSection {
  let report: ProbeReport

  var markup: Markup {
    guard !report.traces.isEmpty else { return .nothing }
    return tag(
      "section", ["aria-labelledby": "traces"],
      [
        tag("h2", ["id": "traces"], ["Along an episode"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Positions of one held-out episode, the one whose error is the middle one of all: recorded, read from fixed features "
                + "of the frames, and read from the last module's output. A dot marks the first frame.")
          ]),
        LegendList.markup(
          Self.styles.map { (swatch: [SVG.line(1, 7, 35, 7, "curve \($0.style)")], name: $0.name) }),
      ] + report.traces.enumerated().map { panel($1, number: $0) })
  }

  private static let styles: [(name: String, style: String, path: @Sendable (ProbeTrace) -> [[Double]])] = [
    ("recorded", "truth", { $0.truth }), ("from the frames", "frames", { $0.frames }),
    ("from the last output", "model", { $0.model }),
  ]

  private func panel(_ trace: ProbeTrace, number: Int) -> Markup {
    let title = ProbeWords.capitalised(ProbeWords.target(trace.target, report))
    let isInMetres =
      report.targets.first { $0.name == trace.target }?.units.contains(.millimetres) ?? false
    let unit = isInMetres ? " (m)" : ""
    return tag(
      "div",
      [
        tag("h3", [.text(title)]),
        tag("p", ["class": "note"], [.text("Episode \(trace.episode + 1), \u{201C}\(trace.task)\u{201D}")]),
        tag(
          "div", ["class": "panels"],
          trace.columns.indices.dropFirst().map { up in
            let axes = (across: trace.columns[0] + unit, up: trace.columns[up] + unit)
            let plot = PathPlot(
              title: "\(title), \(axes.across) and \(axes.up)", axes: axes,
              paths: Self.styles.map { style in
                PathPlot.Path(
                  name: style.name, style: style.style,
                  points: style.path(trace).map { PathPlot.Point(x: $0[0], y: $0[up]) })
              })
            return tag("figure", [plot.markup(identifier: "trace-\(number)-\(up)")])
          }),
      ])
  }
}
