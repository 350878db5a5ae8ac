internal import Mapping

/// The files of an output directory, and what of the source is not simply in them.
struct OutputFiles {
  let summary: ConversionSummary

  init(_ summary: ConversionSummary) { self.summary = summary }

  func render(on terminal: Terminal) -> String {
    [shards(terminal), exceptions(terminal)].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func shards(_ terminal: Terminal) -> String {
    TextTable(tensorsBy: "file", summary.shards.map { ($0.file, $0.tensors, $0.bytes) }).render(on: terminal)
  }

  /// Everything that is not simply mapped: dropped, carried along unread, copied beside, left behind.
  private func exceptions(_ terminal: Terminal) -> String {
    var text = ""
    if !summary.dropped.isEmpty {
      var table = TextTable([.name("dropped"), .text("because")])
      for entry in summary.dropped {
        table.append([TextTable.Cell(entry.tensor), TextTable.Cell(entry.reason)])
      }
      text += table.render(on: terminal) + "\n"
    }
    let lists = [
      ("carried along unread", summary.carried), ("copied beside the tensors", summary.copiedFiles),
      ("not copied", summary.leftFiles),
    ]
    for (title, names) in lists where !names.isEmpty {
      text += Paragraph.lines("\(title): \(names.joined(separator: ", "))", on: terminal)
    }
    return text + summary.notes.map { Paragraph.lines($0, lead: "note: ", on: terminal) }.joined()
  }
}
