internal import Features
package import Probing
internal import Statistics

/// The report of `vlmtool probe encoder` on a terminal: scores, losses, and the verdict last, where the eye is.
package struct ProbeTerminalReport: Sendable {
  package let report: ProbeReport

  package init(_ report: ProbeReport) { self.report = report }

  package func render(on terminal: Terminal) -> String {
    [
      head(terminal), scores(terminal), losses(terminal), comparison(terminal), verdict(terminal),
      limits(terminal),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let data = report.data
    let name = { (subject: ProbeSubject) in
      "\(ProbeWords.shortName(subject.path)) (\(subject.family), \(subject.precision))"
    }
    let compared = report.comparisonSubject.map { ", compared with " + name($0) } ?? ""
    let references =
      report.referenceSubjects.isEmpty
      ? "" : ", beside what \(report.referenceSubjects.map(name).joined(separator: ", ")) reads of the frames"
    return Paragraph.lines(name(report.subject) + compared + references, on: terminal)
      + Paragraph.lines(
        [
          Figure.count(data.tasks.count, "task"), Figure.count(data.episodes, "episode"),
          "\(Figure.count(data.frames)) of \(Figure.count(data.framesAvailable)) frames from \(data.path)",
          "camera \(data.imageKey) \(data.orientation)", "row lag \(data.rowLag)",
        ].joined(separator: ", "), on: terminal)
  }

  private func scores(_ terminal: Terminal) -> String {
    let curves = ProbeCurves(report: report)
    let all = blocksOfPicture
    let blocks = sampled(all, terminal)
    let later = report.stages.filter { [.norm, .pooled, .projector].contains($0.kind) }
    var table = TextTable(
      [.text("encoder"), .text("readout"), .number("pixels"), .text(blockTitle), .number("best block")]
        + later.map { stage in
          stage == report.stages.last
            ? .text(ProbeWords.stage(stage).label) : .number(ProbeWords.stage(stage).label)
        })
    for target in report.targets {
      table.appendSection(ProbeWords.capitalised(target.title))
      let range = LayerPlot.domain(of: curves.readouts.flatMap { curves.series(target.name, $0) })
      for readout in curves.readouts {
        for role in curves.encoders {
          let curve = report.curve(role, readout, target: target.name)
          table.append(row(curve, readout, role, blocks: blocks, later: later, range: range, terminal))
        }
      }
    }
    return Paragraph.heading("What each stage lets a linear probe read: out-of-fold R2", on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        "mean: average over tokens; grid: \(report.settings.gridSide) × \(report.settings.gridSide) averages over the token grid."
          + (blocks.count < all.count ? " \(blocks.count) of \(all.count) blocks are drawn." : ""),
        on: terminal)
  }

  private func row(
    _ curve: [(stage: ProbeStage, score: ProbeScore)], _ readout: Readout,
    _ role: ProbeScore.EncoderRole,
    blocks: [ProbeStage], later: [ProbeStage], range: ClosedRange<Double>, _ terminal: Terminal
  ) -> [TextTable.Cell] {
    let score = { (stage: ProbeStage) in curve.first { $0.stage.name == stage.name }?.score }
    let best = curve.filter { blocksOfPicture.contains($0.stage) }.max { $0.score.r2 < $1.score.r2 }
    let pixels = role == .trained ? curve.first { $0.stage.kind == .pixels }?.score : nil
    return [
      TextTable.Cell(ProbeWords.shortEncoder(role, report)), TextTable.Cell(readout.rawValue),
      TextTable.Cell(pixels.map { Figure.decimal($0.r2) } ?? ""),
      TextTable.Cell(Sparkline.line(blocks.map { score($0)?.r2 ?? .nan }, in: range, on: terminal), .accent),
      TextTable.Cell(
        best.map { "\(Figure.decimal($0.score.r2)) at \(shortBlock($0.stage))" } ?? ""),
    ]
      + later.map { stage in
        TextTable.Cell(score(stage).map { number($0, withInterval: stage == report.stages.last) } ?? "")
      }
  }

  private func number(_ score: ProbeScore, withInterval: Bool) -> String {
    guard withInterval, let interval = score.interval else { return Figure.decimal(score.r2) }
    return Figure.interval(score.r2, interval.lower, interval.upper)
  }

  /// As many blocks as the terminal has room for, evenly spread, the last one always among them.
  private func sampled(_ blocks: [ProbeStage], _ terminal: Terminal) -> [ProbeStage] {
    let room = max(8, (terminal.width ?? .max) - 68)
    guard blocks.count > room else { return blocks }
    return (0..<room).map { blocks[$0 * (blocks.count - 1) / (room - 1)] }
  }

  /// All blocks in order, at the picture's tokens.
  private var blocksOfPicture: [ProbeStage] {
    report.stages.filter { $0.kind == .block && !$0.name.hasSuffix(".last") }
  }

  private var hasLanguage: Bool { report.modules.contains(.language) }

  /// `5`, or `vision 5` and `L1` where both encoder and language model have blocks.
  private func shortBlock(_ stage: ProbeStage) -> String {
    let label = ProbeWords.stage(stage).label
    return hasLanguage && !stage.name.hasPrefix("language") ? "vision " + label : label
  }

  private var blockTitle: String {
    let blocks = blocksOfPicture
    guard let first = blocks.first, let last = blocks.last else { return "blocks" }
    if hasLanguage { return "vision, LM blocks" }
    return "blocks \(ProbeWords.stage(first).label)-\(ProbeWords.stage(last).label)"
  }

  private func losses(_ terminal: Terminal) -> String {
    guard !report.contrasts.isEmpty else { return "" }
    var table = TextTable([
      .text("module"), .number("loss of R2"), .text("margin"), .text("error"),
    ])
    for target in report.targets {
      let contrasts = report.contrasts.filter { $0.target == target.name }
      if !contrasts.isEmpty { table.appendSection(ProbeWords.capitalised(target.title)) }
      for contrast in contrasts {
        let delta = report.references.first { $0.target == contrast.target }?.delta ?? report.settings.margin
        let strip = IntervalStrip(
          value: contrast.value, lower: contrast.interval.lower, upper: contrast.interval.upper, margin: delta
        )
        let errors = contrast.units.map { TextTable.Cell($0.change) }
        table.append([
          TextTable.Cell(contrast.module.name),
          TextTable.Cell(Figure.interval(contrast.value, strip.lower, strip.upper, places: 3, signed: true)),
          standing(strip.standing, Figure.decimal(delta, places: 3)), errors.first ?? "",
        ])
        for error in errors.dropFirst() { table.append(["", "", "", error]) }
      }
    }
    return Paragraph.heading(
      "Loss by module, with simultaneous \(Figure.percent(report.settings.confidence)) intervals",
      on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        "Error: of what is told before the module → after it, the root of the mean square; of classes the frames told wrong.",
        on: terminal)
  }

  /// `above 0.025`
  private func standing(_ standing: IntervalStrip.Standing, _ margin: String) -> TextTable.Cell {
    switch standing {
    case .loses: TextTable.Cell("above \(margin)", .bad)
    case .keeps: TextTable.Cell("below \(margin)", .good)
    case .open: TextTable.Cell("spans \(margin)")
    }
  }

  private func comparison(_ terminal: Terminal) -> String {
    guard let second = report.comparisonSubject, !report.comparison.isEmpty else { return "" }
    var table = TextTable([
      .text("stage"), .number("first"), .number("second"), .number("cost in R2"),
      .text("finding"),
    ])
    for target in report.targets {
      let rows = telling(target)
      if !rows.isEmpty { table.appendSection(ProbeWords.capitalised(target.title)) }
      for row in rows {
        table.append([
          TextTable.Cell(ProbeWords.shortStage(named: row.stage, report)),
          TextTable.Cell(Figure.decimal(row.first, places: 3)),
          TextTable.Cell(Figure.decimal(row.second, places: 3)),
          TextTable.Cell(
            Figure.interval(row.cost, row.interval.lower, row.interval.upper, places: 3, signed: true)),
          outcome(row.outcome),
        ])
      }
    }
    return Paragraph.heading(
      "What \(ProbeWords.shortName(second.path)) (\(second.precision)) costs, on the same episodes",
      on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        "Listed: the stages after the blocks, and a block where it fares worst; --report and --json have all.",
        on: terminal)
      + (report.comparisonSentence.map { Paragraph.lines($0, on: terminal) } ?? "")
  }

  /// The stage with the highest upper bound, and those after the blocks; the page and `--json` hold all of them.
  private func telling(_ target: ProbeTargetFacts) -> [ProbeComparison] {
    let rows = report.comparison.filter { $0.target == target.name }
    let worst = rows.max { $0.interval.upper < $1.interval.upper }
    let late = Set(report.stages.filter { [.norm, .pooled, .projector].contains($0.kind) }.map(\.name))
    return rows.filter { late.contains($0.stage) || $0 == worst }
  }

  private func outcome(_ outcome: ProbeComparison.Outcome) -> TextTable.Cell {
    switch outcome {
    case .nothingMeasurable: standing(.keeps, "the margin")
    case .costs: standing(.loses, "the margin")
    case .undecided: standing(.open, "the margin")
    }
  }

  private func verdict(_ terminal: Terminal) -> String {
    let style: TextStyle =
      switch report.overall.outcome {
      case .bottleneck: .bad
      case .none: .good
      case .tied: .caution
      case .notIdentifiable: .strong
      }
    var text =
      TextStyle.strong("Verdict: ", terminal) + style(ProbeWords.headline(report.overall), terminal) + "\n"
    text += Paragraph.lines(report.overall.sentence, lead: "  ", on: terminal)
    text += report.overall.reasons.map { Paragraph.lines($0, lead: "  - ", on: terminal) }.joined()
    text +=
      (report.instructions.map(\.sentence) + report.taskSentences
      + [report.learningSentence].compactMap(\.self)).map {
        Paragraph.lines($0, lead: "  ", on: terminal)
      }.joined()
    for verdict in report.verdicts where !report.overall.reasons.contains(verdict.sentence) {
      let name = ProbeWords.capitalised(ProbeWords.target(verdict.target ?? "", report))
      text += Paragraph.lines(
        "\(name): \(ProbeWords.headline(verdict)). \(verdict.sentence)", lead: "  ", on: terminal)
    }
    return text + gates(terminal)
  }

  /// A line a target: how many conditions hold; those that fail, each with its numbers.
  private func gates(_ terminal: Terminal) -> String {
    let verdicts = (report.overall.gates.isEmpty ? [] : [report.overall]) + report.verdicts
    let lines = verdicts.filter { !$0.gates.isEmpty }.map { verdict in
      let name = verdict.target.map { ProbeWords.capitalised(ProbeWords.target($0, report)) } ?? "All targets"
      let passed = verdict.gates.filter(\.passed)
      let unmet = verdict.gates.filter { !$0.passed }
      let names = passed.map(\.name).joined(separator: ", ")
      return Paragraph.lines(
        "\(name): \(passed.count) of \(verdict.gates.count) conditions hold (\(names))", lead: "  ",
        on: terminal)
        + unmet.map { gate in
          let state = ProbeGateList.state(gate)
          return Paragraph.lines(
            "\(gate.name): \(gate.sentence)", lead: "    \(state.word)  ",
            style: gate.required ? .bad : .faint,
            on: terminal)
        }.joined()
    }
    return lines.isEmpty ? "" : "\n" + Paragraph.heading("Conditions", on: terminal) + lines.joined()
  }

  private func limits(_ terminal: Terminal) -> String {
    let lines = report.caveats + report.notes
    guard !lines.isEmpty else { return "" }
    return Paragraph.heading("To keep in mind", on: terminal)
      + lines.map { Paragraph.lines($0, lead: "  - ", on: terminal) }.joined()
  }
}
