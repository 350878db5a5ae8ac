internal import Features
internal import Probing
internal import Statistics

/// The scores of a report as curves over the ladder of stages.
struct ProbeCurves {
  let report: ProbeReport

  /// Readouts with a curve over the encoder, in the order of the enumeration.
  var readouts: [Readout] {
    Readout.allCases.filter { readout in
      // A learned query reads the ends of modules only, which makes no curve.
      ![.attentive, .chosen, .vector].contains(readout)
        && report.scores.contains { $0.encoder == .trained && $0.readout == readout }
    }
  }

  /// Encoders that have scores, the probed one first.
  var encoders: [ProbeScore.EncoderRole] {
    [.trained, .comparison, .randomlyInitialised].filter { role in
      report.scores.contains { $0.encoder == role }
    }
  }

  func series(_ target: String, _ readout: Readout) -> [Series] {
    encoders.map { role in
      let points = report.curve(role, readout, target: target).filter {
        // The pixels belong to no encoder; they are drawn once.
        role == .trained || $0.stage.kind != .pixels
      }
      return Series(
        name: ProbeWords.encoder(role, report), role: ProbeWords.role(role),
        points: points.map { stage, score in
          Series.Point(
            stage: index(of: stage), score: score.r2, lower: score.interval?.lower ?? .nan,
            upper: score.interval?.upper ?? .nan)
        })
    }
  }

  /// One plot a readout, on one score axis.
  func plots(_ target: ProbeTargetFacts) -> [(readout: Readout, plot: LayerPlot)] {
    let references = report.references.first { $0.target == target.name }.map(lines) ?? []
    let all = readouts.map { (readout: $0, series: series(target.name, $0)) }
    let domain = LayerPlot.domain(of: all.flatMap(\.series), references: references)
    return all.map { readout, series in
      let title = "\(ProbeWords.capitalised(target.title)), \(ProbeWords.readout(readout, report.settings))"
      let plot = LayerPlot(
        title: title, summary: summary(series), metric: "R²", stages: report.stages.map(ProbeWords.stage),
        series: series, references: references, domain: domain)
      return (readout, plot)
    }
  }

  private func lines(_ references: TargetReferences) -> [LayerPlot.Reference] {
    [LayerPlot.Reference(name: "floor", value: references.floor)]
      + [LayerPlot.Reference(name: "achievable", value: references.achievable)]
  }

  /// First, best and last stage of each curve, for readers who do not see the plot.
  private func summary(_ series: [Series]) -> String {
    let stages = report.stages.map(ProbeWords.stage)
    return series.compactMap { curve in
      let points = curve.points.filter { $0.score.isFinite && !stages[$0.stage].isInput }
      guard let first = points.first, let last = points.last,
        let best = points.max(by: { $0.score < $1.score })
      else { return nil }
      let say = { (point: Series.Point) in "\(Figure.decimal(point.score)) at \(stages[point.stage].name)" }
      return "\(ProbeWords.capitalised(curve.name)): R2 \(say(first)), best \(say(best)), \(say(last))."
    }.joined(separator: " ")
  }

  private func index(of stage: ProbeStage) -> Int { report.stages.firstIndex { $0.name == stage.name } ?? 0 }
}
