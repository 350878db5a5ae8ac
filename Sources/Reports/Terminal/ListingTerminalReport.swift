package import Mapping
internal import Statistics

/// What `vlmtool inspect` says on a terminal of tensors: of a file whose family is not known, or those that are asked for.
package struct ListingTerminalReport: Sendable {
  package let listing: TensorListing

  package init(_ listing: TensorListing) { self.listing = listing }

  package func render(on terminal: Terminal) -> String {
    let isWhole = listing.unmapped != nil
    return [
      isWhole ? head(terminal) : "", isWhole ? parts(terminal) : "",
      listing.tensors.map { tensors($0, terminal) } ?? (isWhole ? groups(terminal) : ""),
      listing.findings.map { findings($0, terminal) } ?? "", isWhole ? metadata(terminal) : "",
      isWhole ? closing(terminal) : "",
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let files =
      listing.files.count > 1 ? ", \(Figure.count(listing.files.count, "file"))" : ""
    let parameters = listing.parameters > 0 ? ", \(Figure.parameters(listing.parameters)) parameters" : ""
    let things = Figure.count(listing.count, "tensor")
    return Paragraph.heading(listing.path, on: terminal)
      + Paragraph.lines(
        "\(listing.container): \(things)\(parameters), \(Figure.bytes(listing.bytes))\(files)",
        on: terminal)
  }

  private func parts(_ terminal: Terminal) -> String {
    guard listing.parts.count > 1, listing.parameters > 0 else { return "" }
    var table = TextTable([
      .name("part"), .number("tensors"), .number("parameters"), .number("size"), .number("share"),
      .text("dtypes"),
    ])
    for part in listing.parts {
      table.append([
        TextTable.Cell(part.name), TextTable.Cell(Figure.count(part.tensors)),
        TextTable.Cell(Figure.parameters(part.parameters)), TextTable.Cell(Figure.bytes(part.bytes)),
        TextTable.Cell(listing.bytes > 0 ? Figure.percent(Double(part.bytes) / Double(listing.bytes)) : ""),
        TextTable.Cell(CheckpointTerminalReport.dtypes(part.dtypes)),
      ])
    }
    return table.render(on: terminal)
  }

  private static let mostGroups = 80

  private func groups(_ terminal: Terminal) -> String {
    guard !listing.groups.isEmpty else { return "" }
    var table = TextTable([
      .name("tensors"), .number("count"), .text("shape"), .text("dtype"), .number("size"),
    ])
    for group in listing.groups.prefix(Self.mostGroups) {
      table.append([
        TextTable.Cell(group.name), TextTable.Cell(Figure.count(group.tensors)),
        TextTable.Cell("[" + group.shape.joined(separator: ", ") + "]"), TextTable.Cell(group.dtype),
        TextTable.Cell(Figure.bytes(group.bytes)),
      ])
    }
    let more = listing.groups.count - Self.mostGroups
    return table.render(on: terminal)
      + (more > 0
        ? Paragraph.lines(
          "and \(Figure.count(more, "more line")); --tensors lists every tensor, --json all", on: terminal)
        : "")
  }

  private func tensors(_ tensors: [TensorListing.Tensor], _ terminal: Terminal) -> String {
    guard !tensors.isEmpty else { return Paragraph.lines("No tensor has such a name.", on: terminal) }
    let hasStatistics = listing.findings != nil
    let isMapped = tensors.contains { $0.parameters != nil }
    var table = TextTable(
      [.name("tensor"), .text("shape"), .text("dtype"), .number("size")]
        + (hasStatistics
          ? [.number("minimum"), .number("maximum"), .number("mean"), .number("deviation"), .number("zeros")]
          : (isMapped ? [.name("in the runtime")] : []) + (listing.files.count > 1 ? [.name("file")] : [])))
    for tensor in tensors {
      let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
      var cells = [
        TextTable.Cell(tensor.name), TextTable.Cell(shape), TextTable.Cell(tensor.dtype),
        TextTable.Cell(Figure.bytes(tensor.bytes)),
      ]
      if hasStatistics {
        cells += statistics(tensor)
      } else {
        if isMapped { cells.append(TextTable.Cell(TextTable.list(tensor.parameters ?? []))) }
        if listing.files.count > 1 { cells.append(TextTable.Cell(tensor.path)) }
      }
      table.append(cells)
    }
    return table.render(on: terminal)
  }

  private func statistics(_ tensor: TensorListing.Tensor) -> [TextTable.Cell] {
    guard let statistics = tensor.statistics else { return Array(repeating: "", count: 5) }
    let style: TextStyle? = statistics.trouble == nil ? nil : .bad
    func cell(_ value: Double?) -> TextTable.Cell {
      TextTable.Cell(value.map(Figure.significant) ?? Figure.missing, style)
    }
    return [
      cell(statistics.minimum), cell(statistics.maximum), cell(statistics.mean), cell(statistics.deviation),
      TextTable.Cell(statistics.zeros > 0 ? Figure.count(statistics.zeros) : "", style),
    ]
  }

  private static let mostFindings = 12

  private func findings(_ findings: TensorFindings, _ terminal: Terminal) -> String {
    func lines(_ lead: String, _ entries: [String], _ style: TextStyle? = nil) -> String {
      guard !entries.isEmpty else { return "" }
      let more = entries.count - Self.mostFindings
      let tail = more > 0 ? "\n\(lead)and \(Figure.count(more)) more (--json lists all)" : ""
      return
        (entries.prefix(Self.mostFindings).map { Paragraph.lines($0, lead: lead, style: style, on: terminal) }
        .joined())
        + (tail.isEmpty
          ? "" : Paragraph.lines(String(tail.dropFirst(1 + lead.count)), lead: lead, on: terminal))
    }
    let troubled = (listing.tensors ?? []).compactMap { tensor in
      tensor.statistics?.trouble.map { "\(tensor.name): \($0)" }
    }
    let verdict =
      troubled.isEmpty
      ? Paragraph.lines(
        "every element that could be read is finite.", lead: "finite: ", style: .good, on: terminal)
      : lines("not finite: ", troubled, .bad)
    let skipped =
      findings.withoutStatistics > 0
      ? Paragraph.lines(
        "\(Figure.count(findings.withoutStatistics, "tensor")) whose elements are no plain numbers.",
        lead: "without figures: ", on: terminal) : ""
    return verdict
      + lines(
        "constant: ", findings.constants.map { "\($0.name) is \(Figure.significant($0.value)) throughout" })
      + lines("the same bytes: ", findings.duplicates.map(TextTable.list)) + skipped
      + Paragraph.lines(
        "\(Figure.bytes(findings.bytesRead)) read; deviations are divided by the number of elements.",
        on: terminal)
  }

  private static let mostMetadata = 24
  private static let longestValue = 160

  private func metadata(_ terminal: Terminal) -> String {
    guard !listing.metadata.isEmpty else { return "" }
    let sorted = listing.metadata.sorted { $0.key < $1.key }
    let lines = sorted.prefix(Self.mostMetadata).map { key, value in
      let text = value.count > Self.longestValue ? value.prefix(Self.longestValue) + "…" : value[...]
      return Paragraph.lines(String(text), lead: "\(key.printable): ", style: .faint, on: terminal)
    }
    let more = sorted.count - Self.mostMetadata
    return lines.joined()
      + (more > 0
        ? Paragraph.lines(
          "and \(Figure.count(more)) more pairs of metadata; --json has them all", on: terminal) : "")
  }

  private func closing(_ terminal: Terminal) -> String {
    listing.notes.map { Paragraph.lines($0, lead: "note: ", on: terminal) }.joined()
      + Paragraph.lines(listing.unmapped ?? "", lead: "read as no model: ", style: .bad, on: terminal)
      + Paragraph.lines(
        "The tensors can be looked at (--tensors, --statistics); convert, quantize, probe and all others need the family. "
          + "`vlmtool formats` lists those that are known, `vlmtool formats guide` says how to write one.",
        on: terminal)
  }
}
