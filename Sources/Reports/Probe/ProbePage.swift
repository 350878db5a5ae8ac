internal import Images
package import Probing
package import Tensors

/// The HTML report of `vlmtool probe encoder`: the verdict first, then what it rests on, then every number and setting.
package struct ProbePage: Sendable {
  package let report: ProbeReport
  package let run: RunContext

  package init(_ report: ProbeReport, run: RunContext) {
    self.report = report
    self.run = run
  }

  /// Throws only when a frame does not fit into memory as a PNG.
  package func rendered() throws(VLMError) -> String {
    let png = try RGBImage(report.thumbnail)?.encodedAsPNG() ?? []
    let name = ProbeWords.shortName(report.subject.path)
    return Page(
      title: "\(name): \(ProbeWords.headline(report.overall))",
      description: report.overall.sentence,
      body: [header(name), tag("main", try sections(png)), Page.footer(run)]
    ).rendered()
  }

  private func sections(_ png: [UInt8]) throws(VLMError) -> [Markup] {
    let frames = try ExampleFrames(report)
    return [
      frames.definitions,
      ProbeVerdictSection(report: report, png: png).markup,
      ProbeContrastSection(report: report).markup,
      ProbeCurveSection(report: report).markup,
      ProbeMapSection(report, over: frames)?.markup ?? .nothing,
      ProbeInstructionSection(report: report).markup,
      ProbeTaskSection(report: report).markup,
      ProbeTraceSection(report: report).markup,
      ProbeProjectionSection(report, over: frames)?.markup ?? .nothing,
      ProbeLearningSection(report: report).markup,
      ProbeComparisonSection(report: report).markup,
      ProbeScoreSection(report: report).markup,
      ProbeDataSection(report: report).markup,
      ProbeMethodSection(report: report, run: run).markup,
    ]
  }

  private func header(_ name: String) -> Markup {
    let subject = report.subject
    let data = report.data
    let facts = [
      Figure.count(data.tasks.count, "task"), Figure.count(data.episodes, "episode"),
      Figure.count(data.frames, "frame"),
    ].joined(separator: ", ")
    var links = [("contrasts", "Losses"), ("curves", "Layer curves")]
    if report.maps?.maps.isEmpty == false { links.append(("maps", "In the picture")) }
    if !report.instructions.isEmpty { links.append(("instructions", "Instructions")) }
    if !report.byTask.isEmpty { links.append(("tasks", "By task")) }
    if !report.traces.isEmpty { links.append(("traces", "Along an episode")) }
    if report.projections != nil { links.append(("projections", "In the frames")) }
    if report.learning.contains(where: { $0.points.count > 1 }) {
      links.append(("learning", "Fewer episodes"))
    }
    if !report.comparison.isEmpty { links.append(("comparison", "Comparison")) }
    links += [
      ("scores", "All scores"), ("data", "Data"), ("method", "Method and limits"), ("reproduce", "Reproduce"),
    ]
    return tag(
      "header",
      [
        tag("p", ["class": "eyebrow"], ["vlmtool probe encoder"]),
        tag(
          "h1",
          [
            "Which part of ", tag("span", ["class": name.count > 20 ? nil : "whole"], [.text(name)]),
            " loses what control needs?",
          ]),
        tag(
          "p", ["class": "subject"], [.text("\(subject.family), \(subject.precision). Probed on \(facts).")]),
        tag(
          "nav", ["aria-label": "Sections"],
          [tag("ul", links.map { tag("li", [tag("a", ["href": "#" + $0.0], [.text($0.1)])]) })]),
      ])
  }
}
