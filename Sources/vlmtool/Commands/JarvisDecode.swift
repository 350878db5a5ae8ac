import ActionTokens
import ArgumentParser
import Reports

struct JarvisDecode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Say which keys and turns of the mouse are in answers of JARVIS-VLA.",
    discussion: """
      An answer is text with <|reserved_special_token_178|> and the like in it, or a list of the ids of its tokens. Whatever \
      comes between the tokens of a log, such as JSON, is passed over. What the authors' code skips is skipped too, and said: \
      unknown tokens, actions that do not end, keys that are said twice, answers without any action.

      EXAMPLES
        vlmtool jarvis decode 151835 151861 151873 151887 151836
        vlmtool jarvis decode --vocabulary llama-3 128183,128209,128221,128235,128184
        # a log with an answer a line on standard input, as an agent takes it
        vlmtool jarvis decode --each-line --chunk 1 --svg strip.svg
        # JSON lines that `jarvis encode` reads
        vlmtool jarvis decode --each-line --lines > actions.jsonl
      """)

  @Argument(help: "Answers; numbers alone are the ids of one. Without any, or for -, standard input is one.")
  var answers: [String] = []

  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: ArgumentHelp("\(ActionVocabulary.help)"))
  var vocabulary = ActionVocabulary.qwen2VL

  @Flag(name: .long, help: "Each line of standard input is an answer.")
  var eachLine = false

  @Option(name: .long, help: ArgumentHelp("Actions that the agent takes of an answer (default: all).", valueName: "n"))
  var chunk: Int?

  @Option(name: .long, help: "From which end: JarvisVLA takes the first of them, OpenHA the last.")
  var take = TakenActions.End.first

  @Flag(name: .long, help: "Print the actions that are taken as lines of JSON.")
  var lines = false

  @Option(
    name: .long, help: ArgumentHelp("Draw keys and mouse over the steps.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  func validate() throws {
    if let chunk, chunk < 1 { throw ValidationError("--chunk must be at least 1") }
    if eachLine, !StandardInput.isMeant(by: answers) {
      throw ValidationError("--each-line is for standard input, and there are answers on the command line")
    }
    if lines, common.json { throw ValidationError("--lines and --json exclude each other") }
  }

  func run() throws {
    let file = try svg.map { try ResultFile($0, .drawing, apartFrom: []) }
    let texts = try StandardInput.texts(answers, eachLine: eachLine)
    let log = try common.run { _ in
      try AnswerLog(texts, vocabulary, taken: TakenActions(take, length: chunk))
    }
    if let file { try file.write(ActionPlot(title: "Keys and mouse", ActionStrip(log)).document()) }
    if lines {
      StandardStreams.remark(ActionTerminalReport.warnings(log, on: .detect(.error)))
      try StandardStreams.print(log.taken.map { $0.text + "\n" }.joined())
    } else {
      try common.print(log, as: .jarvisDecode) { ActionTerminalReport.decoded(log, on: $0) }
    }
  }
}

extension ActionVocabulary: RegisteredChoice { static var choices: [ActionVocabulary] { all } }

extension TakenActions.End: ExpressibleByArgument {}
