import ArgumentParser
import Reports
import Tensors
import VLMToolKit

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Map a checkpoint onto the runtime's layers, back to its public names, or to a KerasHub preset.",
    discussion: """
      Moves bytes, never rounds: a checkpoint taken to the runtime layout and back has every tensor bit for bit. \
      manifest.json lists the SHA-256 of each tensor before and after. An interrupted run goes on where it stopped.

      EXAMPLES
        vlmtool convert Qwen2-VL-2B-Instruct -o qwen2-vl-2b
        vlmtool convert qwen2-vl-2b -o back --to hf
        vlmtool convert Qwen2-VL-2B-Instruct -o new-names --to hf \\
          --dialect transformers-5
        vlmtool convert Qwen2-VL-2B-Instruct -o qwen2-vl-2b --dry-run
        # from int8, FP8, AWQ, GPTQ or bitsandbytes
        vlmtool convert Qwen2-VL-2B-Instruct-AWQ -o floats --to hf --dequantize
        # for keras_hub.models.Backbone.from_preset, and from a preset
        vlmtool convert clip-vit-large-patch14 -o clip_preset --to keras
        vlmtool convert pali_gemma_3b_224 -o paligemma --to hf
        # for load_state_dict of VLM4VLA's trainer
        vlmtool convert policy-runtime -o policy --to vlm4vla
        # on four machines that see the same disk; then once more without --part
        vlmtool convert Qwen2-VL-7B-Instruct -o qwen2-vl-7b --part 3/4
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var target: OutputOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: ArgumentHelp("Layout to write: " + OutputFormat.help))
  var to = OutputFormat.all[0]

  @Option(
    name: .long, help: "Public name dialect to write with --to hf or vlm4vla (default: the source's own).",
    completion: .custom { words, _, _ in CheckpointCompletion.dialects(words) })
  var dialect: String?

  @Flag(
    name: .long, help: "Write weights that another library quantized as the floats that it makes of them.")
  var dequantize = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write only the third of sixteen parts, such as 3/16, into the hidden directory beside the output, where other runs write theirs; the same command without --part puts the whole in its place.",
      valueName: "k/n"))
  var part: String?

  func validate() throws {
    if let part, Share(part) == nil { throw ValidationError("--part \(part): write it as 3/16") }
    if part != nil, target.dryRun { throw ValidationError("--part and --dry-run exclude each other: the plan is that of the whole") }
    if dialect != nil && !to.takesDialect {
      let formats = OutputFormat.all.filter(\.takesDialect).map(\.name)
      throw ValidationError("--dialect goes with --to \(formats.joined(separator: " or "))")
    }
  }

  func run() throws {
    let checkpoint = try input.open()
    let plain = Notice(
      .note, "--dequantize changes nothing: its weights are in floats or in int8 of this tool's",
      file: checkpoint.path)
    let notices = dequantize && checkpoint.quantized == nil ? [plain] : []
    StandardStreams.say(notices)
    var options = target.conversion
    options.dequantizing = dequantize
    options.share = part.flatMap { Share($0) }
    let summary = try common.run { try checkpoint.convert(to: to, dialect: dialect, options, progress: $0) }
    try common.print(summary, as: .convert, notices: checkpoint.notices + notices) {
      ConversionTerminalReport(summary).render(on: $0)
    }
  }
}
