import ArgumentParser
import Mapping
import Policies
import Reports

struct PolicyPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say which tensors of a VLM a policy's training changes, by VLM4VLA's rules, and what that takes.",
    discussion: """
      Reads headers only. The rules are those of the authors' code, with what surprises in them. Memory is for bf16 weights and \
      gradients, and f32 copies and moments of AdamW.

      EXAMPLES
        vlmtool policy plan Qwen2.5-VL-3B-Instruct
        vlmtool policy plan Qwen2.5-VL-3B-Instruct --freeze vision
        vlmtool policy plan Qwen2.5-VL-3B-Instruct --freeze backbone --train vision
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable { case vision, embeddings, backbone }
  enum Trained: String, ExpressibleByArgument, CaseIterable { case vision, embeddings }

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "What stays as it is (repeatable); backbone is all of the VLM.")
  var freeze: [Part] = []

  @Option(name: .long, help: "What of a frozen backbone trains all the same (repeatable).")
  var train: [Trained] = []

  @Option(name: .long, help: ArgumentHelp("Only the last text layers train (train_decoder_layers).", valueName: "n"))
  var lastLayers: Int?

  @Option(name: .long, help: ArgumentHelp("Actions predicted at once.", valueName: "n"))
  var chunk = 10

  func validate() throws {
    if !train.isEmpty, !freeze.contains(.backbone) { throw ValidationError("--train goes with --freeze backbone") }
    if let lastLayers, lastLayers < 0 { throw ValidationError("--last-layers must be 0 or more") }
    if lastLayers != nil, freeze.contains(.backbone) {
      throw ValidationError("--last-layers and --freeze backbone exclude each other")
    }
    if !(1...1024).contains(chunk) { throw ValidationError("--chunk must be 1 to 1024") }
  }

  func run() throws {
    let checkpoint = try input.open()
    var settings = FreezePlan.Settings()
    settings.freezesBackbone = freeze.contains(.backbone)
    settings.lastLayers = lastLayers
    settings.trainsVision = settings.freezesBackbone ? train.contains(.vision) : !freeze.contains(.vision)
    settings.trainsEmbeddings = settings.freezesBackbone ? train.contains(.embeddings) : !freeze.contains(.embeddings)
    let plan = try common.run { _ in try FreezePlan(of: checkpoint, settings, chunk: chunk) }
    try common.print(plan, as: .policyPlan, notices: checkpoint.notices) { PolicyTerminalReport.plan(plan, on: $0) }
  }
}

struct PolicyTables: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "Print the tables of the VLM4VLA paper, marked as the paper's.",
    discussion: """
      Nothing in them was measured by this tool.

      EXAMPLES
        vlmtool policy tables
        vlmtool policy tables --json
      """)

  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.print(Tables(tables: PaperTable.all), as: .policyTables) { terminal in
      PaperTable.all.map { PolicyTerminalReport.table($0, on: terminal) }.joined(separator: "\n")
    }
  }

  private struct Tables: Encodable { let tables: [PaperTable] }
}
