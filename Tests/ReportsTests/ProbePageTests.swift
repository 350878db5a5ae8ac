import Foundation
import Probing
import Reports
import Testing

@Suite struct ProbePageTests {
  static let run = RunContext(
    version: "0.1.0",
    arguments: ["vlmtool", "probe", "encoder", "checkpoints/tabletop-vlm", "--data", "demos folder"],
    machine: "AVX2, 8 threads")

  static func page(_ report: ProbeReport) throws -> String { try ProbePage(report, run: run).rendered() }

  /// Reports of every shape that a run can end in.
  static let shapes: [String: ProbeReport] = {
    var shapes = [
      "plain": SyntheticProbe().report, "deep": SyntheticProbe(blocks: 48, compared: false).report,
    ]
    var bare = SyntheticProbe(blocks: 1, compared: false).report
    bare.contrasts = []
    bare.verdicts = []
    bare.notes = []
    bare.instructions = []
    (bare.byTask, bare.taskSentences, bare.learning, bare.learningSentence) = ([], [], [], nil)
    (bare.maps, bare.traces, bare.projections) = (nil, [], nil)
    bare.thumbnail = ProbeThumbnail(width: 0, height: 0, pixels: Data())
    bare.references = bare.references.map {
      TargetReferences(
        target: $0.target, floor: .nan, frames: 0, achievable: .nan, gain: 0, exits: [.vision: 0], pixels: 0,
        trained: -7, randomlyInitialised: 0, control: 0,
        selectivity: 0, framesNullP: 1, encoderNullP: 1, delta: 0.02)
    }
    bare.scores = bare.scores.map {
      var score = $0
      score.interval = nil
      score.r2 -= 3
      return score
    }
    shapes["bare"] = bare
    // What the model sees of frames is not known, and nothing is known of classes by task.
    var blind = SyntheticProbe().report
    blind.maps?.view = nil
    blind.projections?.points = []
    blind.byTask = blind.byTask.map {
      var row = $0
      (row.frames, row.difference, row.interval) = (nil, nil, nil)
      row.exits = row.exits.map { ProbeTaskScore.Exit(module: $0.module) }
      return row
    }
    shapes["blind"] = blind
    return shapes
  }()

  @Test(arguments: shapes.keys.sorted())
  func isWellFormed(shape: String) throws {
    let reader = PageReader(try Self.page(try #require(Self.shapes[shape])))
    #expect(reader.problem == nil)
    #expect(reader.identifiers.count == Set(reader.identifiers).count, "identifiers are unlike each other")
    for reference in reader.references { #expect(reader.identifiers.contains(reference), "\(reference)") }
    for picture in reader.pictures {
      #expect(picture.title && picture.description, "every plot has a title and a description")
    }
    #expect(reader.headings.first == 1)
    #expect(
      zip(reader.headings, reader.headings.dropFirst()).allSatisfy { $1 <= $0 + 1 },
      "no heading level is skipped")
  }

  @Test(arguments: shapes.keys.sorted())
  func loadsNothing(shape: String) throws {
    let page = try Self.page(try #require(Self.shapes[shape]))
    let namespaces = page.replacing("http://www.w3.org/2000/svg", with: "").replacing(
      "http://www.w3.org/1999/xhtml", with: "")
    for forbidden in ["http:", "https:", "url(", "@import", "<script", "<link", "<iframe", "javascript:"] {
      #expect(!namespaces.contains(forbidden), "\(forbidden)")
    }
    for match in page.matches(of: /(?:src|href)="([^"]*)"/) {
      #expect(match.1.hasPrefix("#") || match.1.hasPrefix("data:image/png;base64,"))
    }
  }

  @Test func hostileStringsStayText() throws {
    let hostile = "\"><script>alert('x')</script><img src=x onerror=y>&amp;\u{0}\u{202E}]]>"
    var report = SyntheticProbe(path: "a/" + hostile).report
    report.overall.sentence = hostile
    report.overall.reasons = [hostile]
    report.overall.gates = [ProbeGate(name: hostile, passed: false, sentence: hostile, required: true)]
    report.data.imageKey = hostile
    report.data.files = [hostile]
    report.data.tasks = [ProbeDataFacts.Task(instruction: hostile, episodes: 1, frames: 1)]
    report.targets = report.targets.map {
      var target = $0
      target.title = hostile
      target.columns = [hostile]
      target.source = hostile
      return target
    }
    report.caveats = [hostile]
    report.notes = [hostile]
    report.taskSentences = [hostile]
    report.byTask[0].task = hostile
    report.traces[0].task = hostile
    report.projections?.missing = [hostile]
    report.projections?.points[0].columns = [hostile + ".x", "y", "z"]
    let page = try Self.page(report)
    #expect(PageReader(page).problem == nil)
    #expect(!page.contains("<script") && !page.contains("<img src=x"))
    #expect(!page.unicodeScalars.contains { $0 == "\u{0}" || $0 == "\u{202E}" })
  }

  @Test func saysWhatMatters() throws {
    let report = SyntheticProbe().report
    let page = try Self.page(report)
    let said =
      [
        "Bottleneck: projector", "not probed", "data:image/png;base64,iVBOR", "'demos folder'",
        report.subject.sha256,
      ]
      + report.caveats + report.notes + report.taskSentences.map(Typography.sentence)
      + ["\u{25BC} 0.30", "row 40 of episode 21", "Episode 8"]
    for text in said + (report.projections?.missing ?? []) {
      #expect(page.contains(Markup.escaped(text)) || page.contains(text), "\(text)")
    }
  }

  /// What is not in the frame is said; where the recorded point is not, nothing is drawn.
  @Test func pointsAreDrawnWhereTheyAreSeen() throws {
    var report = SyntheticProbe().report
    let page = try Self.page(report)
    #expect(
      page.contains("Row 40 of episode 1. From the frames: 22 mm off; from the last output: 61 mm off."))
    #expect(
      page.contains(
        "Row 40 of episode 21. From the frames: 400 mm off (outside of the frame); from the last output: 1900 mm off (behind the camera)."
      ))
    #expect(page.contains("recorded: 57 % from the left, 57 % from the top. from the frames: 62 %"))
    report.projections?.points[1].columns = ["puck.x", "puck.y", "puck.z"]
    report.projections?.points.removeFirst()
    #expect(try Self.page(report).contains("<h3>End-effector position: puck</h3>"))
    report.projections?.points[0].truth.x = 113
    #expect(try Self.page(report).contains("The recorded point is outside of the frame: nothing is drawn."))
  }

  /// `VLMTOOL_PAGE=/tmp/page` keeps pages to look at.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["VLMTOOL_PAGE"] != nil), arguments: [6, 32])
  func keepsPagesToLookAt(blocks: Int) throws {
    let path = try #require(ProcessInfo.processInfo.environment["VLMTOOL_PAGE"])
    try Self.page(SyntheticProbe(blocks: blocks).report).write(
      toFile: "\(path)-\(blocks).html", atomically: true, encoding: .utf8)
  }
}
