package import Probing

extension ProbeShare {
  /// An encoder a line, and how the parts are joined.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([.name("encoder"), .number("pieces"), .number("frames"), .number("there before")])
    for encoder in encoders {
      table.append([encoder.name, "\(encoder.pieces)", "\(encoder.frames)", "\(encoder.cachedFrames)"].map { TextTable.Cell($0) })
    }
    let own = encoders.reduce(0) { $0 + $1.pieces }
    return Paragraph.heading("Part \(part): \(own) of \(Figure.count(allPieces, "piece")) of the encoders' work", on: terminal)
      + table.render(on: terminal)
      + Paragraph.lines(
        (own == 0 ? "There are fewer pieces than parts, and none is in this one. " : "")
          + "When all parts are done, the same command with --features \(cache), and with that of every other part, in place of --part and "
          + "--cache fits the probes.", on: terminal)
      + notes.map { Paragraph.lines($0, on: terminal) }.joined()
  }
}
