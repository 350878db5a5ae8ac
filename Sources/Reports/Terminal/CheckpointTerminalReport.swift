package import Mapping

/// What `vlmtool inspect` says on a terminal: whose model it is, its parts, and whether every tensor has its place.
package struct CheckpointTerminalReport: Sendable {
  package let summary: CheckpointSummary

  package init(_ summary: CheckpointSummary) { self.summary = summary }

  package func render(on terminal: Terminal) -> String {
    [head(terminal), components(terminal), shape(terminal), shards(terminal), coverage(terminal)]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let names =
      summary.layout == "runtime"
      ? "runtime layout, from \(summary.dialect) names" : "\(summary.dialect) names"
    return Paragraph.heading(summary.path, on: terminal)
      + Paragraph.lines("\(summary.family), \(summary.modelClass), \(names)", on: terminal)
  }

  private func components(_ terminal: Terminal) -> String {
    var table = TextTable([
      .text("component"), .number("tensors"), .number("parameters"), .number("size"), .number("share"),
      .text("dtypes"),
    ])
    for part in summary.components {
      table.append([
        TextTable.Cell(part.component.rawValue), TextTable.Cell(Figure.count(part.tensors)),
        TextTable.Cell(Figure.parameters(part.parameters)), TextTable.Cell(Figure.bytes(part.bytes)),
        TextTable.Cell(summary.bytes > 0 ? Figure.percent(Double(part.bytes) / Double(summary.bytes)) : ""),
        TextTable.Cell(Self.dtypes(part.dtypes)),
      ])
    }
    table.appendRule()
    table.append([
      TextTable.Cell("all"), TextTable.Cell(Figure.count(summary.tensors)),
      TextTable.Cell(Figure.parameters(summary.parameters)), TextTable.Cell(Figure.bytes(summary.bytes)), "",
      TextTable.Cell(Self.dtypes(summary.dtypes)),
    ])
    return table.render(on: terminal)
  }

  /// `BF16`, or with more than one dtype `I8 82 %, F32 18 %` of the elements.
  static func dtypes(_ counts: [String: Int]) -> String {
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard sorted.count > 1 else { return sorted.first?.key ?? "" }
    let all = Double(counts.values.reduce(0, +))
    return sorted.map { name, count in
      let share = Double(count) / all
      return "\(name) " + (share < 0.005 ? "< 1 %" : Figure.percent(share))
    }.joined(separator: ", ")
  }

  private func shape(_ terminal: Terminal) -> String {
    let lines = [vision, image, projector, language, quantization, quantized].compactMap { $0 }
    let width = lines.map(\.name.count).max() ?? 0
    return lines.map { line in
      let lead = line.name + String(repeating: " ", count: width - line.name.count + 2)
      return Paragraph.lines(line.text, lead: lead, style: .faint, on: terminal)
    }.joined()
  }

  private typealias Line = (name: String, text: String)

  private var vision: Line? {
    summary.configuration.vision.map { vision in
      let windows = vision.windowSize.map {
        ", windows of \($0) pixels with full attention in "
          + (vision.fullAttentionBlocks.isEmpty
            ? "no block" : "blocks " + vision.fullAttentionBlocks.map(String.init).joined(separator: ", "))
      }
      return (
        "vision",
        "\(Figure.count(vision.depth, "block")), width \(Figure.count(vision.width)), "
          + "\(Figure.count(vision.heads, "head")), patches of \(vision.patchSize) pixels\(windows ?? "")"
      )
    }
  }

  private var image: Line? {
    guard let image = summary.image else { return nil }
    var parts: [String] = []
    if let side = image.imageSize { parts.append("\(side) × \(side) pixels") }
    if let tokens = image.tokens { parts.append(Figure.count(tokens, "token")) }
    if let least = image.minimumPixels, let most = image.maximumPixels {
      parts.append("\(Figure.count(least)) to \(Figure.count(most)) pixels of area")
    }
    return parts.isEmpty ? nil : ("image", parts.joined(separator: ", "))
  }

  private var projector: Line? {
    summary.configuration.projector.map { projector in
      let widths = projector.layerWidths.map { Figure.count($0) }.joined(separator: ", ")
      let merge = summary.configuration.vision?.spatialMergeSize ?? 1
      let merged = merge > 1 ? "\(merge) × \(merge) patches to one token, " : ""
      return (
        "projector",
        "\(merged)\(Figure.count(projector.layerWidths.count, "linear layer")) of width \(widths)"
      )
    }
  }

  private var language: Line? {
    summary.configuration.language.map { language in
      var text =
        "\(Figure.count(language.depth, "block")), width \(Figure.count(language.width)), "
        + "\(Figure.count(language.heads, "head"))"
      if language.keyValueHeads != language.heads {
        text += " (\(language.keyValueHeads) for keys and values)"
      }
      text += ", vocabulary of \(Figure.count(language.vocabularySize))"
      if summary.tiedEmbeddings == true {
        text +=
          summary.hasCopyOfTiedHead
          ? ", head stored although config.json ties it" : ", head tied to the token embedding"
      }
      return ("language", text)
    }
  }

  private var quantization: Line? {
    summary.quantization.map { quantization in
      let group = quantization.groupSize.map { " of \($0)" } ?? ""
      let kept =
        quantization.kept.isEmpty
        ? "" : ", \(Figure.count(quantization.kept.count, "layer")) kept in floating point"
      return ("int8", "\(quantization.scheme), one scale a \(quantization.strategy)\(group)\(kept)")
    }
  }

  private var quantized: Line? {
    summary.quantized.map { quantized in
      let kinds = quantized.kinds.map { "\(Figure.count($0.tensors, "tensor")) \($0.kind)" }.joined(
        separator: "; ")
      return (
        "stored",
        "by \(quantized.method): \(kinds); \(Figure.bytes(quantized.bytes)) in the files, sizes above are of the floats"
      )
    }
  }

  private func shards(_ terminal: Terminal) -> String {
    guard summary.shards.count > 1 else { return "" }
    return TextTable(tensorsBy: "file", summary.shards.map { ($0.file, $0.tensors, $0.bytes) }).render(
      on: terminal)
  }

  private func coverage(_ terminal: Terminal) -> String {
    let mapped = Figure.count(summary.tensors - summary.ignored.count - summary.unclaimed.count, "tensor")
    let setAside = summary.ignored.isEmpty ? "" : ", \(summary.ignored.count) ignored with a reason"
    let verdict =
      summary.isCoverageExact
      ? Paragraph.lines(
        "\(mapped) mapped\(setAside), nothing missing.", lead: "coverage exact: ", style: .good, on: terminal)
      : Paragraph.lines(
        "\(mapped) mapped\(setAside), \(summary.unclaimed.count) unclaimed, \(summary.missing.count) missing, "
          + "\(summary.mismatches.count) of the wrong shape.", lead: "coverage not exact: ", style: .bad,
        on: terminal)
    let defects = [
      ("unclaimed", summary.unclaimed), ("missing", summary.missing), ("wrong shape", summary.mismatches),
    ]
    let ignored = summary.ignored.map { (name: $0.tensor, message: $0.reason) }
    let tables = defects.map { title, entries in
      list(title, "because", entries.map { (name: $0.name, message: $0.message) }, .bad, terminal)
    }
    return ([verdict] + tables + [list("ignored", "because", ignored, nil, terminal)]).filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  /// The first entries of a list and how many more there are.
  private func list(
    _ title: String, _ reason: String, _ entries: [(name: String, message: String)], _ style: TextStyle?,
    _ terminal: Terminal
  ) -> String {
    guard !entries.isEmpty else { return "" }
    var table = TextTable([.name(title), .text(reason)])
    for entry in entries.prefix(Self.listed) {
      table.append([TextTable.Cell(entry.name), TextTable.Cell(entry.message, style)])
    }
    let more = entries.count - Self.listed
    return table.render(on: terminal)
      + (more > 0
        ? Paragraph.lines("and \(Figure.count(more)) more; --json lists them all", on: terminal) : "")
  }

  private static let listed = 12
}
