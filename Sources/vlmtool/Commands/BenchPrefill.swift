import ArgumentParser
import Benchmarks
import Checkpoints
import Images
import Mapping
import Reports
import Runtime

struct BenchPrefill: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prefill",
    abstract: "Time a whole model on one image and a prompt, and the tokens written after.")

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "Picture (default: noise).", completion: .file(extensions: ["png", "jpg", "jpeg"]))
  var image: String?

  @Option(name: .long, help: ArgumentHelp("Pixels of a side of the noise.", valueName: "pixels"))
  var side = 448

  @Option(name: .long, help: ArgumentHelp("Tokens of text after the image.", valueName: "n"))
  var promptTokens = 40

  @Option(name: .long, help: ArgumentHelp("Tokens to write after the prompt.", valueName: "n"))
  var tokens = 16

  @Option(name: .long, help: "Timed runs.")
  var runs = 3

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @Option(
    name: .long, help: "Save the logits after the prompt here (safetensors), to check rivals against.",
    completion: .file())
  var save: String?

  func validate() throws {
    if runs < 1 || promptTokens < 1 || tokens < 0 || side < 1 {
      throw ValidationError("--runs, --prompt-tokens and --side must be at least 1, --tokens 0")
    }
  }

  func run() throws {
    let save = try save.map {
      try ResultFile($0, .safetensors, apartFrom: [input.checkpoint, image, input.reading.familyFile]).path
    }
    let checkpoint = try input.open()
    let result = try common.run { _ in
      try PrefillBenchmark(
        checkpoint, precision: precision, image: image.map { try RGBImage(contentsOf: $0) }, side: side,
        promptTokens: promptTokens, written: tokens, runs: runs, save: save)
    }
    try common.print(result, as: .benchPrefill, notices: checkpoint.notices) { result.render(on: $0) }
  }
}
