/// Sentences on a terminal, broken between words.
package enum Paragraph {
  /// `text` in lines no wider than the terminal, each ended by a newline; not broken where nothing limits the width.
  ///
  /// `lead` stands before the first line, spaces of the same width before the others. A word longer than a line stays whole.
  package static func lines(_ text: String, lead: String = "", style: TextStyle? = nil, on terminal: Terminal)
    -> String
  {
    let indent = String(repeating: " ", count: lead.columns)
    let limit = terminal.width.map { max(20, min($0, 100)) - lead.columns } ?? Int.max
    let styledLead = style.map { $0(lead, terminal) } ?? lead
    return broken(text.printable, at: limit).enumerated()
      .map { ($0 == 0 ? styledLead : indent) + $1 + "\n" }.joined()
  }

  /// Printable text in lines of at most `limit` columns; a word longer than that stays whole.
  static func broken(_ text: String, at limit: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if line.isEmpty {
        line = String(word)
      } else if line.columns + 1 + word.columns <= limit {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    return lines + [line]
  }

  /// A heading, on as many lines as it takes.
  package static func heading(_ text: String, on terminal: Terminal) -> String {
    lines(text, on: terminal).split(separator: "\n").map { TextStyle.strong(String($0), terminal) + "\n" }
      .joined()
  }
}
