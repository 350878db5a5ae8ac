import Reports
import Testing

@Suite struct ProbeTerminalReportTests {
  @Test func wide() throws {
    try Golden.expect(ProbeTerminalReport(SyntheticProbe().report).render(on: .plain), matches: "probe.txt")
  }

  @Test func narrow() throws {
    let report = ProbeTerminalReport(SyntheticProbe(blocks: 32).report)
    try Golden.expect(report.render(on: Terminal(width: 80)), matches: "probe-80-columns.txt")
  }

  @Test(arguments: [40, 60, 80, 132, 200]) func nothingIsWiderThanTheTerminal(width: Int) {
    let text = ProbeTerminalReport(SyntheticProbe(blocks: 32).report).render(on: Terminal(width: width))
    for line in text.split(separator: "\n") { #expect(line.columns <= width, "\(line)") }
  }

  @Test func colourOnlyOnRequest() {
    let report = ProbeTerminalReport(SyntheticProbe().report)
    #expect(!report.render(on: .plain).contains("\u{1B}"))
    #expect(
      report.render(on: Terminal(width: 160, colour: true)).contains(
        "\u{1B}[31mBottleneck: projector\u{1B}[0m"))
  }
}
