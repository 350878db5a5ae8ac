import Reports
import Testing

@Suite struct ParagraphTests {
  @Test func breaksBetweenWordsUnderTheLead() {
    #expect(
      Paragraph.lines("one two three four five six", lead: "  - ", on: Terminal(width: 20))
        == "  - one two three\n    four five six\n")
    #expect(Paragraph.lines("one two", on: .plain) == "one two\n")
  }
}
