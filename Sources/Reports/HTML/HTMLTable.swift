/// A table with a caption, header cells that name their scope, and numbers set to the right.
package struct HTMLTable: Sendable {
  package struct Column: Sendable {
    let title: Markup
    let style: String?

    package static func text(_ title: Markup) -> Column { Column(title: title, style: nil) }
    package static func number(_ title: Markup) -> Column { Column(title: title, style: "number") }
  }

  package let caption: String
  package let columns: [Column]
  /// Short cells that stay on one line; the box scrolls where they need more room.
  package let isDense: Bool
  /// The first cell of each row is its header.
  package var rows: [[Markup]] = []

  package init(_ caption: String, _ columns: [Column], dense: Bool = false, rows: [[Markup]] = []) {
    self.caption = caption
    isDense = dense
    self.columns = columns
    self.rows = rows
  }

  /// In a box that scrolls sideways by itself where the page is too narrow; the box takes focus for the keyboard's sake.
  package var markup: Markup {
    let head = tag(
      "thead", [tag("tr", columns.map { tag("th", ["scope": "col", "class": $0.style], [$0.title]) })])
    let body = tag(
      "tbody",
      rows.map { row in
        tag(
          "tr",
          zip(columns, row).enumerated().map { index, cell in
            index == 0
              ? tag("th", ["scope": "row"], [cell.1]) : tag("td", ["class": cell.0.style], [cell.1])
          })
      })
    return tag(
      "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption],
      [tag("table", ["class": isDense ? "dense" : nil], [tag("caption", [.text(caption)]), head, body])])
  }
}

/// Names and values, one pair a line.
package struct FactList: Sendable {
  private var facts: [(String, Markup)] = []

  package init() {}

  package mutating func add(_ name: String, _ value: String) { facts.append((name, .text(value))) }

  package mutating func add(_ name: String, code value: String) {
    facts.append((name, tag("code", [.text(value)])))
  }

  package var markup: Markup {
    tag("dl", ["class": "facts"], facts.flatMap { [tag("dt", [.text($0)]), tag("dd", [$1])] })
  }
}
