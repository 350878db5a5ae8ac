import ActionTokens
import ArgumentParser
import Reports

struct JarvisEncode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Say which tokens stand for keys and turns of the mouse in JARVIS-VLA.",
    discussion: """
      An action is a line of JSON: {"keys": ["attack"], "pitch": 0, "yaw": -10} in degrees, pitch positive downwards; or \
      {"attack": 1, "camera": [0, -10]} as MineRL records it; or {"buttons": 5, "camera": 210}, its index. What tokens do not \
      tell is said: keys that cancel each other or beat each other, degrees beyond 10, the inventory key.

      EXAMPLES
        vlmtool jarvis encode '{"keys": ["forward", "jump"], "pitch": 2.5}'
        vlmtool jarvis encode --emit-inventory '{"inventory": 1}' --json
        # lines on standard input
        vlmtool jarvis encode --lines > answers.jsonl
      """)

  @Argument(help: "Actions. Without any, or for -, they are the lines of standard input.")
  var actions: [String] = []

  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: ArgumentHelp("\(ActionVocabulary.help)"))
  var vocabulary = ActionVocabulary.qwen2VL

  @Flag(
    name: .long,
    help: "Put the token of the inventory key where it is pressed; the authors' code leaves it out, and trains it as no action.")
  var emitInventory = false

  @Flag(name: .long, help: "Print the text of each action's tokens, a line each, and no more.")
  var lines = false

  func validate() throws {
    if lines, common.json { throw ValidationError("--lines and --json exclude each other") }
  }

  func run() throws {
    let texts = try StandardInput.texts(actions, eachLine: true)
    let encoded = try common.run { _ in try EncodedActions(texts, vocabulary, emitsInventory: emitInventory) }
    if lines {
      StandardStreams.remark(ActionTerminalReport.warnings(encoded, on: .detect(.error)))
      try StandardStreams.print(encoded.actions.map { $0.text + "\n" }.joined())
    } else {
      try common.print(encoded, as: .jarvisEncode) { ActionTerminalReport.encoded(encoded, on: $0) }
    }
  }
}
