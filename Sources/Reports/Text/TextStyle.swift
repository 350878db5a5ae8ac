/// The few ways in which terminal text stands out; each is also said in words, so that nothing is lost without colour.
package enum TextStyle: String, Sendable, CaseIterable {
  case strong = "1"
  case faint = "2"
  case good = "32"
  case bad = "31"
  case caution = "33"
  case accent = "36"

  /// `text` wrapped in this style's escape sequence where `terminal` shows colour, else unchanged.
  package func callAsFunction(_ text: String, _ terminal: Terminal) -> String {
    terminal.colour && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}
