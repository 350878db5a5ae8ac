import ArgumentParser
import Foundation
import Images
import Mapping
import Reports
import Runtime

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer a prompt about pictures.",
    discussion: """
      Pictures go through the checkpoint's own image processor, the prompt through its chat template. Text is printed as it \
      is written; the same seed gives the same text.

      EXAMPLES
        vlmtool generate Qwen2.5-VL-3B-Instruct --image frame.png --prompt "Where is the gripper?"
        vlmtool generate qwen2.5-vl-3b-int8 --image a.jpg --image b.jpg --prompt "What changed?" --max-tokens 64
        vlmtool generate paligemma-3b-pt-224 --image frame.png --prompt "caption en" --temperature 0.7 --top-p 0.9 --seed 1
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "Picture, JPEG or PNG; may be given several times, in the order of the prompt.",
    completion: .file(extensions: ["png", "jpg", "jpeg"]))
  var image: [String] = []

  @Option(name: [.short, .long], help: "What to ask; - reads standard input.")
  var prompt: String

  @Option(name: .long, help: "What the system says first, where the chat template has a place for it.")
  var system: String?

  @Flag(name: .long, help: "Take the prompt as it is, image tokens and all, without the chat template.")
  var raw = false

  @Option(name: .long, help: ArgumentHelp("Tokens to write at most.", valueName: "n"))
  var maxTokens = 256

  @Option(
    name: .long, help: "Draw tokens by probability, logits divided by this; 0 always takes the likeliest.")
  var temperature = 0.0

  @Option(name: .long, help: ArgumentHelp("Draw from the n likeliest tokens only.", valueName: "n"))
  var topK: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Draw from the likeliest tokens that reach this probability.", valueName: "p"))
  var topP = 1.0

  @Option(name: .long, help: "Decides what is drawn.")
  var seed: UInt64 = 0

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
    if !(temperature >= 0 && temperature.isFinite) {
      throw ValidationError("--temperature must be 0 or more")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1") }
    if !(topP > 0 && topP <= 1) { throw ValidationError("--top-p must be above 0 and at most 1") }
    if raw, system != nil {
      throw ValidationError("--raw leaves out the chat template, and --system with it")
    }
  }

  func run() throws {
    let checkpoint = try input.open()
    let summary = try common.run { _ in
      let model = try VisionLanguageModel(checkpoint, precision: precision)
      var isMidLine = false
      do {
        return try model.generate(
          question(), images: image.map { try RGBImage(contentsOf: $0) }, options: options
        ) { piece in
          if !common.json { try StandardStreams.print(piece) }
          isMidLine = !common.json
        }
      } catch {
        if isMidLine { try StandardStreams.print("\n") }
        throw error
      }
    }
    if common.json {
      try common.print(summary, as: .generate, notices: checkpoint.notices) { _ in "" }
    } else {
      try StandardStreams.print("\n")
      if common.verbose { common.note(GenerationReport(summary).line) }
    }
  }

  private func question() throws -> String {
    guard prompt == "-" else { return prompt }
    let data = try FileHandle.standardInput.readToEnd() ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  private var options: VisionLanguageModel.Options {
    var options = VisionLanguageModel.Options()
    options.limit = maxTokens
    options.sampling = .init(temperature: temperature, topK: topK, topP: topP, seed: seed)
    options.system = system
    options.isRaw = raw
    return options
  }
}
