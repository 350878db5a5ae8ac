import ArgumentParser
import Jarvis
import Mapping
import Reports

struct JarvisAudit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Say whether a checkpoint can act as JARVIS-VLA's agent expects of it.",
    discussion: """
      Are the 251 tokens in the tokenizer, with the ids that the agent decodes by, and kept whole? Are their rows trained? What \
      does the chat template add, which size do frames get, and which settings fight the agent's? Reads headers, rows of the \
      tokens and the files beside them; runs nothing of the model. Exits with 1 when the agent cannot work.

      EXAMPLES
        vlmtool jarvis audit JarvisVLA-Qwen2-VL-7B
        vlmtool jarvis audit JarvisVLA-Qwen2-VL-7B --base Qwen2-VL-7B
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "What it was trained from: rows that are as they were there are untrained.", completion: .file())
  var base: String?

  func run() throws {
    let checkpoint = try input.open()
    let base = try base.map { try input.reading.open($0) }
    let audit = try common.run { _ in try CheckpointAudit(checkpoint, base: base) }
    try common.print(audit, as: .jarvisAudit, notices: checkpoint.notices) { AuditTerminalReport.render(audit, on: $0) }
    if !audit.isSound { throw ExitCode(1) }
  }
}
