import ActionTokens
import Reports
import Testing

@Suite struct ActionReportTests {
  private static let null = [178, 219, 240, 179]

  private static func text(_ tokens: [Int]) -> String { tokens.map(ActionVocabulary.spelling).joined() }

  /// Three answers: two actions, one with a stranger in it, and none.
  private static func log(chunk: Int? = nil) throws -> AnswerLog {
    let answers = [
      text([178, 191, 204, 221, 235, 179]) + text([178, 191, 206, 219, 245, 179]), "\(151_835) 11 151841 151876 151897 151836",
      "I do nothing.",
    ]
    return try AnswerLog(
      answers.map { ("x", $0) }, .qwen2VL, taken: TakenActions(.first, length: chunk))
  }

  @Test(arguments: [("jarvis-decode.txt", Terminal.plain), ("jarvis-decode-ascii.txt", Terminal(width: 60, unicode: false))])
  func decoded(name: String, terminal: Terminal) throws {
    try Golden.expect(ActionTerminalReport.decoded(Self.log(chunk: 1), on: terminal), matches: name)
  }

  @Test func encoded() throws {
    let actions = try EncodedActions(
      [("x", #"{"keys": ["forward", "back", "attack"], "yaw": -30}"#), ("x", #"{"inventory": 1, "ESC": 1}"#)], .llama3,
      emitsInventory: false)
    try Golden.expect(ActionTerminalReport.encoded(actions, on: .plain), matches: "jarvis-encode.txt")
  }

  /// Of many steps none is lost between blocks.
  @Test(arguments: [24, 60, 200]) func stripsBreakIntoBlocks(width: Int) throws {
    let steps = (0..<157).map { Self.text([178, $0.isMultiple(of: 3) ? 204 : 203, 219, 240, 179]) }.joined()
    let log = try AnswerLog([("x", steps)], .qwen2VL, taken: TakenActions())
    let text = ActionTerminalReport.decoded(log, on: Terminal(width: width))
    let signs = text.split(separator: "\n").filter { $0.hasPrefix("attack") }.flatMap { $0.dropFirst(8) }
    #expect(String(signs) == (0..<157).map { $0.isMultiple(of: 3) ? "█" : "·" }.joined())
    for line in text.split(separator: "\n") { #expect(line.count <= max(width, 24)) }
  }

  @Test(arguments: [
    (10.0, 0.0, "↓"), (-10, 0, "↑"), (0, 10, "→"), (0, -10, "←"), (5, 5, "↘"), (-5, 5, "↗"), (5, -5, "↙"), (-5, -5, "↖"),
  ]) func arrowsPointWhereTheViewTurns(pitch: Double, yaw: Double, arrow: String) throws {
    let action = ActionEncoder().encode(KeyboardMouseAction(pitch: pitch, yaw: yaw))
    let log = try AnswerLog([("x", action.text)], .qwen2VL, taken: TakenActions())
    #expect(ActionTerminalReport.decoded(log, on: .plain).contains("view turns  \(arrow)\n"))
  }

  @Test func drawing() throws {
    let text = ActionPlot(title: "Keys & mouse <1>", ActionStrip(try Self.log(chunk: 1))).document()
    #expect(PageReader(text).problem == nil)
    #expect(text.contains(ActionPlot.mark))
    try Golden.expect(text, matches: "jarvis-strip.svg")
  }
}
