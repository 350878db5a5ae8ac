internal import Foundation

/// What the place that text goes to can show.
package struct Terminal: Sendable, Equatable {
  package enum Stream: Sendable { case output, error }

  /// Columns, or `nil` where nothing limits the width (a pipe, a file).
  package var width: Int?
  package var colour: Bool
  /// Whether block characters and arrows arrive as such.
  package var unicode: Bool
  /// Whether a line can be drawn over again.
  package var interactive: Bool

  package init(width: Int? = nil, colour: Bool = false, unicode: Bool = true, interactive: Bool = false) {
    self.width = width
    self.colour = colour
    self.unicode = unicode
    self.interactive = interactive
  }

  /// No limit, no colour: what a pipe gets.
  package static let plain = Terminal()

  /// Looks at the stream itself and at `NO_COLOR`, `TERM`, `COLUMNS` and the locale.
  package static func detect(
    _ stream: Stream, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Terminal {
    let descriptor = stream == .output ? STDOUT_FILENO : STDERR_FILENO
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let measured = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
    return Terminal(isTerminal: isTerminal, columns: measured, environment: environment)
  }

  /// The rules of `detect` without the system calls: `columns` is 0 when the system does not know it.
  package init(isTerminal: Bool, columns: Int, environment: [String: String]) {
    let dumb = environment["TERM"] == "dumb"
    let stated = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    let lowered = locale?.lowercased() ?? "utf-8"
    width = isTerminal ? (columns > 0 ? columns : stated ?? 80) : nil
    colour = isTerminal && !dumb && (environment["NO_COLOR"] ?? "").isEmpty
    unicode = lowered.contains("utf-8") || lowered.contains("utf8")
    interactive = isTerminal && !dumb
  }
}

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
