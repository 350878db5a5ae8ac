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

  /// Throws only when the thumbnail does not fit into memory as a PNG.
  package func rendered() throws(VLMError) -> String {
    let png = try thumbnail?.encodedAsPNG() ?? []
    let name = ProbeWords.shortName(report.subject.path)
    return Page(
      title: "\(name): \(ProbeWords.headline(report.overall))",
      description: report.overall.sentence,
      body: [header(name), tag("main", sections(png)), footer]
    ).rendered()
  }

  private var thumbnail: RGBImage? {
    let image = report.thumbnail
    guard image.width > 0, image.height > 0, image.pixels.count == image.width * image.height * 3 else {
      return nil
    }
    return RGBImage(width: image.width, height: image.height, pixels: [UInt8](image.pixels))
  }

  private func sections(_ png: [UInt8]) -> [Markup] {
    [
      ProbeVerdictSection(report: report, png: png).markup,
      ProbeContrastSection(report: report).markup,
      ProbeCurveSection(report: report).markup,
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
    if !report.comparison.isEmpty { links.append(("comparison", "Comparison")) }
    links += [
      ("scores", "All scores"), ("data", "Data"), ("method", "Method and limits"), ("reproduce", "Reproduce"),
    ]
    return tag(
      "header",
      [
        tag("p", ["class": "eyebrow"], ["vlmtool probe encoder"]),
        tag("h1", [.text("Which part of \(name) loses what control needs?")]),
        tag(
          "p", ["class": "subject"], [.text("\(subject.family), \(subject.precision). Probed on \(facts).")]),
        tag(
          "nav", ["aria-label": "Sections"],
          [tag("ul", links.map { tag("li", [tag("a", ["href": "#" + $0.0], [.text($0.1)])]) })]),
      ])
  }

  private var footer: Markup {
    tag(
      "footer",
      [tag("p", [.text("Written by vlmtool \(run.version). This file loads nothing from anywhere else.")])])
  }
}
