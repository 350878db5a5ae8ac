internal import Foundation
internal import Mapping
package import Runtime

/// What `vlmtool verify` says on a terminal: every tap against its reference, then the outcome.
package struct VerificationTerminalReport: Sendable {
  package let report: VerificationReport

  package init(_ report: VerificationReport) { self.report = report }

  package func render(on terminal: Terminal) -> String {
    [head(terminal), taps(terminal), defects(terminal), likenesses(terminal), outcome(terminal)].filter {
      !$0.isEmpty
    }
    .joined(separator: "\n")
  }

  private func head(_ terminal: Terminal) -> String {
    let limit = report.only.isEmpty ? "" : ", only \(report.only.map(\.rawValue).joined(separator: ", "))"
    return Paragraph.lines(
      "\(report.checkpoint) (\(report.family), \(report.precision.rawValue)) against \(report.reference)\(limit)",
      on: terminal)
  }

  private func taps(_ terminal: Terminal) -> String {
    var table = TextTable([
      .name("tap"), .number("values"), .number("max|d|/max|ref|"), .number("cosine"), .text("outcome"),
    ])
    for tap in report.taps {
      let failed = tap.defect == nil ? "above tolerance" : "not comparable"
      table.append([
        TextTable.Cell(tap.name), TextTable.Cell(tap.elements > 0 ? Figure.count(tap.elements) : ""),
        TextTable.Cell(tap.relativeError.map(Figure.scientific) ?? ""),
        TextTable.Cell(tap.cosine.map { Figure.decimal($0, places: 8) } ?? ""),
        tap.passed ? TextTable.Cell("ok", .good) : TextTable.Cell(failed, .bad),
      ])
    }
    return table.render(on: terminal)
  }

  private func defects(_ terminal: Terminal) -> String {
    report.taps.compactMap { tap in
      tap.defect.map { Paragraph.lines("\(tap.name) \($0)", lead: "  ", on: terminal) }
    }.joined()
  }

  /// What failed tensors are after all, a line each.
  private func likenesses(_ terminal: Terminal) -> String {
    let found = report.taps.compactMap { tap in tap.likeness.map { (tap.name, $0) } }
    let lines = found.prefix(Self.mostLikenesses).map { name, likeness in
      Paragraph.lines("the recorded \(name) \(Self.words(likeness))", lead: "  ", on: terminal)
    }
    let more = found.count - lines.count
    return lines.joined()
      + (more > 0 ? Paragraph.lines("and \(more) more; --json has all", lead: "  ", on: terminal) : "")
  }

  private static let mostLikenesses = 12

  private static func words(_ likeness: TapLikeness) -> String {
    let rows = likeness.rows ?? 0
    return switch likeness.relation {
    case .equal: "equals this runtime's \(likeness.tap)"
    case .scaled:
      "is this runtime's \(likeness.tap) times \(String(format: "%.6g", likeness.factor ?? .nan))"
    case .permuted: "has the tokens of this runtime's \(likeness.tap) in another order"
    case .transposed: "is this runtime's \(likeness.tap) transposed"
    case .withoutFirst: "is this runtime's \(likeness.tap) without the first \(Figure.count(rows, "token"))"
    case .withoutLast: "is this runtime's \(likeness.tap) without the last \(Figure.count(rows, "token"))"
    }
  }

  private func outcome(_ terminal: Terminal) -> String {
    let failed = report.taps.filter { !$0.passed }
    let measured = report.taps.filter { $0.relativeError != nil }
    let worst = measured.max { ($0.relativeError ?? 0) < ($1.relativeError ?? 0) }
    let largest =
      worst.map { "; the largest difference is \(Figure.scientific($0.relativeError ?? .nan)) at \($0.name)" }
      ?? ""
    let tolerance = Figure.scientific(report.tolerance)
    if failed.isEmpty {
      return Paragraph.lines(
        "\(Figure.count(report.taps.count, "tap")) within \(tolerance)\(largest).", lead: "passed: ",
        style: .good,
        on: terminal)
    }
    // The largest difference may be at a tap that is fine: then what failed is named alone.
    let isMeasured = failed.contains { $0.relativeError != nil }
    let first =
      failed.count > 1 ? ", the first is \(failed[0].name)" : isMeasured ? "" : ": \(failed[0].name)"
    return Paragraph.lines(
      "\(failed.count) of \(Figure.count(report.taps.count, "tap")) not within \(tolerance)\(first)\(isMeasured ? largest : "").",
      lead: "failed: ",
      style: .bad, on: terminal)
  }
}

extension RecordingReport {
  /// What `vlmtool verify --record` says on a terminal: what it wrote.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([.name("tensor"), .text("dtype"), .number("shape"), .number("size")])
    for tensor in inputs + taps {
      table.append([
        TextTable.Cell(tensor.name), TextTable.Cell(tensor.dtype),
        TextTable.Cell(tensor.shape.map(String.init).joined(separator: " × ")),
        TextTable.Cell(Figure.bytes(tensor.bytes)),
      ])
    }
    let hasLanguage = taps.contains { $0.name.hasPrefix("language.") || $0.name == "logits" }
    return Paragraph.lines(
      "\(checkpoint) (\(family), \(precision.rawValue))", on: terminal)
      + "\n" + table.render(on: terminal) + "\n"
      + Paragraph.lines(
        "\(Figure.count(taps.count, "tap")) and \(Figure.count(inputs.count, "input")) in \(file)"
          + (hasLanguage ? "." : "; none of the language model."), lead: "recorded: ", style: .good,
        on: terminal)
  }
}
