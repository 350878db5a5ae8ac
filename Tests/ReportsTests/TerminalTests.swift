import Reports
import Testing

@Suite struct TerminalTests {
  @Test func aPipeHasNoColourAndNoLimit() {
    let pipe = Terminal(isTerminal: false, columns: 0, environment: ["COLUMNS": "40", "TERM": "xterm"])
    #expect(pipe == .plain)
  }

  @Test func aTerminalTellsItsWidth() {
    #expect(Terminal(isTerminal: true, columns: 132, environment: [:]).width == 132)
    #expect(Terminal(isTerminal: true, columns: 0, environment: ["COLUMNS": "99"]).width == 99)
    #expect(Terminal(isTerminal: true, columns: 0, environment: ["COLUMNS": "-3"]).width == 80)
  }

  @Test(arguments: [("NO_COLOR", "1", false), ("NO_COLOR", "", true), ("TERM", "dumb", false)])
  func colour(name: String, value: String, expected: Bool) {
    #expect(Terminal(isTerminal: true, columns: 80, environment: [name: value]).colour == expected)
  }

  @Test(arguments: [("C", false), ("C.UTF-8", true), ("de_DE.utf8", true), ("", true)])
  func unicode(locale: String, expected: Bool) {
    #expect(Terminal(isTerminal: true, columns: 80, environment: ["LANG": locale]).unicode == expected)
  }
}
