internal import Mapping
package import Quantization
internal import Tensors

/// What `vlmtool quantize` says on a terminal: the plan and its sizes; after a run, what it cost.
package struct QuantizationTerminalReport: Sendable {
  package let report: QuantizationReport

  package init(_ report: QuantizationReport) { self.report = report }

  package func render(on terminal: Terminal) -> String {
    [
      head(terminal), components(terminal), worstLayers(terminal), smoothing(terminal), stages(terminal),
      kept(terminal), OutputFiles(report.conversion).render(on: terminal),
      total(terminal),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let verb = report.dryRun ? "Plan, nothing written: " : ""
    return Paragraph.lines("\(verb)\(report.checkpoint) to \(report.conversion.output)", on: terminal)
      + Paragraph.lines(
        "\(report.scheme) per \(report.granularity), \(report.format) format: \(report.schemeSummary)",
        on: terminal)
  }

  private func components(_ terminal: Terminal) -> String {
    let hasLoss = !report.layers.isEmpty
    var table = TextTable(
      [
        .text("component"), .number("quantized"), .number("before"), .number("after"), .number("kept"),
        .number("kept size"),
      ]
        + (hasLoss ? [.number("worst SQNR"), .number("median")] : []))
    for part in report.components {
      table.append(
        [
          TextTable.Cell(part.component.rawValue), TextTable.Cell(Figure.count(part.quantizedTensors)),
          bytes(part.quantizedBytesBefore, of: part.quantizedTensors),
          bytes(part.quantizedBytesAfter, of: part.quantizedTensors),
          TextTable.Cell(Figure.count(part.keptTensors)), bytes(part.keptBytes, of: part.keptTensors),
        ]
          + (hasLoss
            ? [decibels(part.worstDecibels, of: part), decibels(part.medianDecibels, of: part)] : []))
    }
    return table.render(on: terminal)
  }

  private func worstLayers(_ terminal: Terminal) -> String {
    let worst = report.components.flatMap(\.worstLayers)
    guard !worst.isEmpty else { return "" }
    let table = { (isNamed: Bool) in
      var table = TextTable(
        [.name("layers that lose most")] + (isNamed ? [.name(namesake)] : []) + [.number("SQNR")])
      for layer in worst {
        let aliases = isNamed ? [TextTable.Cell(TextTable.list(layer.aliases ?? []))] : []
        table.append([TextTable.Cell(layer.name)] + aliases + [TextTable.Cell(Self.decibels(layer.decibels))])
      }
      return table
    }
    let isNamed = worst.contains { $0.aliases != nil }
    return TextTable.widest([isNamed ? table(true) : nil, table(false)], on: terminal).render(on: terminal)
  }

  /// Whose names the aliases are.
  private var namesake: String { report.format == "runtime" ? "in the checkpoint" : "in the runtime" }

  /// Of each part: at how many places, how strongly, and what that is expected to save.
  private func smoothing(_ terminal: Terminal) -> String {
    guard let places = report.smoothing, !places.isEmpty else { return "" }
    var table = TextTable([
      .name("channels made alike"), .number("places"), .number("strength"), .number("expected"), .number("instead of"),
      .number("most saved"),
    ])
    for (part, own) in Dictionary(grouping: places, by: { $0.name.split(separator: ".").first.map(String.init) ?? "" })
      .sorted(by: { $0.key > $1.key })
    {
      let smoothed = own.filter { $0.strength != nil }
      let (after, before) = (own.compactMap(\.decibels), own.compactMap(\.decibelsBefore))
      let saved = own.compactMap { place in place.decibels.flatMap { after in place.decibelsBefore.map { after - $0 } } }
      table.append([
        TextTable.Cell(part), TextTable.Cell("\(Figure.count(smoothed.count)) of \(Figure.count(own.count))"),
        TextTable.Cell(Self.median(smoothed.compactMap(\.strength)).map { Figure.decimal($0, places: 2) } ?? ""),
        TextTable.Cell(Self.decibels(Self.median(after))), TextTable.Cell(Self.decibels(Self.median(before))),
        TextTable.Cell(Self.decibels(saved.max())),
      ])
    }
    let known =
      report.calibration.map {
        "activations of \(Figure.count($0.frames)) frames of \($0.data)\($0.hasLanguage ? ", with their instructions" : ", vision side only")"
      } ?? "activations as norms alone make them (--calibrate shows the model pictures)"
    return table.render(on: terminal)
      + Paragraph.lines(
        "Medians of signal to the noise that int8 products are expected to add, by \(known). Powers of two: in floats the model is the "
          + "same, bit for bit (in F16 to its smallest step).", on: terminal)
      + (report.calibration?.remarks ?? []).map { Paragraph.lines("Calibration: \($0).", on: terminal) }.joined()
  }

  private static func median(_ values: [Double]) -> Double? {
    let sorted = values.sorted()
    return sorted.isEmpty ? nil : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private func stages(_ terminal: Terminal) -> String {
    guard let stages = report.stages, !stages.isEmpty else { return "" }
    var table = TextTable([
      .name("int8 against f32"), .number("worst token cosine"), .number("mean"), .number("signal to noise"),
    ])
    for stage in stages {
      table.append([
        TextTable.Cell(stage.stage), TextTable.Cell(Figure.decimal(stage.worstToken, places: 6)),
        TextTable.Cell(Figure.decimal(stage.meanToken, places: 6)),
        TextTable.Cell(Self.decibels(stage.decibels)),
      ])
    }
    return table.render(on: terminal)
  }

  /// Linear layers left in floating point, by reason: how many, how large, and the first of them by name.
  private func kept(_ terminal: Terminal) -> String {
    var reasons: [(reason: String, layers: [LayerDecision])] = []
    for layer in report.keptLayers {
      let reason = layer.keptBecause?.description ?? ""
      if let place = reasons.firstIndex(where: { $0.reason == reason }) {
        reasons[place].layers.append(layer)
      } else {
        reasons.append((reason, [layer]))
      }
    }
    guard !reasons.isEmpty else { return "" }
    var table = TextTable([
      .name("linear layers kept as they are"), .number("layers"), .number("size"), .name("first"),
    ])
    for (reason, layers) in reasons {
      table.append([
        TextTable.Cell(reason), TextTable.Cell(Figure.count(layers.count)),
        TextTable.Cell(Figure.bytes(layers.map(\.bytesAfter).reduce(0, +))), TextTable.Cell(layers[0].name),
      ])
    }
    return table.render(on: terminal)
  }

  private func total(_ terminal: Terminal) -> String {
    let share = report.bytesBefore > 0 ? Double(report.bytesAfter) / Double(report.bytesBefore) : .nan
    var sentence =
      "All tensors: \(Figure.bytes(report.bytesBefore)) to \(Figure.bytes(report.bytesAfter)), \(Figure.percent(share))"
    if let seconds = report.seconds {
      sentence += "; took \(Figure.duration(seconds))"
      if seconds > 0 { sentence += " (\(Figure.bytes(Int(Double(report.bytesBefore) / seconds)))/s read)" }
    }
    return Paragraph.lines(sentence + ".", on: terminal)
      + Paragraph.lines(
        "Slices in flight take at most \(Figure.bytes(report.peakSliceBytes)), however large the model.",
        on: terminal)
  }

  private func bytes(_ count: Int, of tensors: Int) -> TextTable.Cell {
    TextTable.Cell(tensors > 0 ? Figure.bytes(count) : "")
  }

  private func decibels(_ value: Double?, of part: ComponentSummary) -> TextTable.Cell {
    TextTable.Cell(part.quantizedTensors > 0 ? Self.decibels(value) : "")
  }

  /// Signal to quantization noise; no noise at all has no finite ratio.
  private static func decibels(_ value: Double?) -> String {
    value.map { Figure.decimal($0, places: 1) + " dB" } ?? "exact"
  }
}
