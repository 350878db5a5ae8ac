/// Aligned columns for a terminal or a pipe.
///
/// Where the terminal is too narrow, names in flexible columns lose their middle; where that is not enough the table
/// becomes one block of `title: value` lines a row, long values broken between words, so that nothing is ever cut off.
package struct TextTable: Sendable {
  package struct Column: Sendable {
    package enum Alignment: Sendable { case left, right }
    package let title: String
    package let alignment: Alignment
    /// Whether values may be shortened in the middle.
    package let flexible: Bool

    package static func name(_ title: String) -> Column {
      Column(title: title, alignment: .left, flexible: true)
    }
    package static func text(_ title: String) -> Column {
      Column(title: title, alignment: .left, flexible: false)
    }
    package static func number(_ title: String) -> Column {
      Column(title: title, alignment: .right, flexible: false)
    }
  }

  package struct Cell: Sendable, ExpressibleByStringInterpolation {
    package let text: String
    package let style: TextStyle?

    package init(_ text: String, _ style: TextStyle? = nil) {
      self.text = text.printable
      self.style = style
    }
    package init(stringLiteral value: String) { self.init(value) }
  }

  private enum Row: Sendable { case cells([Cell]), rule, section(String) }

  package let columns: [Column]
  private var rows: [Row] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package mutating func append(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(.cells(cells))
  }

  /// A line between the rows before and the rows after.
  package mutating func appendRule() { rows.append(.rule) }

  /// A line of its own that says what the rows after it have in common.
  package mutating func appendSection(_ title: String) { rows.append(.section(title.printable)) }

  /// The table as lines, each ended by a newline; no trailing spaces.
  package func render(on terminal: Terminal) -> String {
    guard let widths = fitted(naturalWidths, to: terminal.width) else { return stacked(on: terminal) }
    let ruleWidth = widths.reduce(0, +) + TextTable.gap.count * (widths.count - 1)
    let rule = TextStyle.faint(String(repeating: terminal.unicode ? "─" : "-", count: ruleWidth), terminal)
    var lines = [line(columns.map { Cell($0.title, .strong) }, widths, terminal), rule]
    for row in rows {
      switch row {
      case .cells(let cells): lines.append(line(cells, widths, terminal))
      case .rule: lines.append(rule)
      case .section(let title): lines.append(TextStyle.accent(title, terminal))
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The first of these tables that the terminal has room for without shortening anything, or else the last.
  package static func widest(_ tables: [TextTable?], on terminal: Terminal) -> TextTable {
    let tables = tables.compactMap { $0 }
    return tables.first { table in terminal.width.map { table.naturalWidth <= $0 } ?? true }
      ?? tables[tables.count - 1]
  }

  /// Several names in one cell.
  package static func list(_ names: [String]) -> String {
    names.count > 3 ? "\(names[0]) and \(names.count - 1) more" : names.joined(separator: ", ")
  }

  private var naturalWidths: [Int] {
    columns.indices.map { column in
      max(columns[column].title.columns, cells.map { $0[column].text.columns }.max() ?? 0)
    }
  }

  private var naturalWidth: Int {
    naturalWidths.reduce(0, +) + TextTable.gap.count * max(0, columns.count - 1)
  }

  private static let gap = "  "
  private static let narrowest = 12

  private var cells: [[Cell]] {
    rows.compactMap { if case .cells(let cells) = $0 { cells } else { nil } }
  }

  /// Widths that fit `limit`, taken from the widest flexible columns first, or `nil` when no widths do.
  private func fitted(_ natural: [Int], to limit: Int?) -> [Int]? {
    guard let limit else { return natural }
    var widths = natural
    var excess = widths.reduce(0, +) + TextTable.gap.count * (widths.count - 1) - limit
    while excess > 0 {
      let candidates = columns.indices.filter {
        columns[$0].flexible && widths[$0] > max(TextTable.narrowest, columns[$0].title.columns)
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return nil }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
    let ellipsis = terminal.unicode ? "…" : "..."
    let last = cells.lastIndex { !$0.text.isEmpty } ?? -1
    return cells.indices.prefix(last + 1).map { column in
      let text = cells[column].text.shortenedInMiddle(to: widths[column], ellipsis: ellipsis)
      let padding = String(repeating: " ", count: max(0, widths[column] - text.columns))
      let styled = cells[column].style.map { $0(text, terminal) } ?? text
      if columns[column].alignment == .right { return padding + styled }
      return column == last ? styled : styled + padding
    }.joined(separator: TextTable.gap)
  }

  private func stacked(on terminal: Terminal) -> String {
    let width = columns.map(\.title.columns).max() ?? 0
    var text = ""
    // Between blocks, but not between a section's title and its first.
    var gap = ""
    for row in rows {
      switch row {
      case .rule: continue
      case .section(let title):
        text += gap + TextStyle.accent(title, terminal) + "\n"
        gap = ""
      case .cells(let cells):
        text += gap
        for (column, cell) in zip(columns, cells) where !cell.text.isEmpty {
          let title = column.title + String(repeating: " ", count: width - column.title.columns)
          let room = max(20, terminal.width ?? .max) - width - TextTable.gap.count
          let lines = cell.text.columns <= room ? [cell.text] : Paragraph.broken(cell.text, at: room)
          for (index, line) in lines.enumerated() {
            let lead = index == 0 ? TextStyle.faint(title, terminal) : String(repeating: " ", count: width)
            text += lead + TextTable.gap + (cell.style.map { $0(line, terminal) } ?? line) + "\n"
          }
        }
        gap = "\n"
      }
    }
    return text
  }
}

extension TextTable {
  /// A row for each group of tensors: its name, how many they are and what they take.
  init(tensorsBy title: String, _ groups: some Sequence<(name: String, tensors: Int, bytes: Int)>) {
    self.init([.name(title), .number("tensors"), .number("size")])
    for group in groups {
      append([Cell(group.name), Cell(Figure.count(group.tensors)), Cell(Figure.bytes(group.bytes))])
    }
  }
}
