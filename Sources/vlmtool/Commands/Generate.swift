import ArgumentParser
import Foundation
import Reports
import VLMToolKit

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer a prompt about pictures.",
    discussion: """
      Pictures go through the checkpoint's own image processor, the prompt through its chat template. Text is printed as it \
      is written; the same seed gives the same text.

      EXAMPLES
        vlmtool generate Qwen2.5-VL-3B-Instruct --image frame.png \\
          --prompt "Where is the gripper?"
        vlmtool generate qwen2.5-vl-3b-int8 --image a.jpg --image b.jpg \\
          --prompt "What changed?" --max-tokens 64
        vlmtool generate paligemma-3b-pt-224 --image frame.png \\
          --prompt "caption en" --temperature 0.7 --top-p 0.9 --seed 1
        vlmtool generate Qwen2.5-VL-3B-Instruct --data demo.hdf5 --row 12 \\
          --prompt "What is the robot doing?"
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @OptionGroup(title: "Pictures") var pictures: PictureOptions

  @Option(name: [.short, .long], help: "What to ask; - reads standard input.")
  var prompt: String

  @Option(name: .long, help: "What the system says first, where the chat template has a place for it.")
  var system: String?

  @Flag(name: .long, help: "Take the prompt as it is, image tokens and all, without the chat template.")
  var raw = false

  @Option(name: .long, help: ArgumentHelp("Tokens to write at most.", valueName: "n"))
  var maxTokens = 256

  @Option(
    name: .long,
    help:
      "Draw tokens by probability, logits divided by this; without it, or at 0, the likeliest is taken.")
  var temperature: Double?

  @Option(name: .long, help: ArgumentHelp("Draw from the n likeliest tokens only.", valueName: "n"))
  var topK: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Draw from the likeliest tokens that reach this probability.", valueName: "p"))
  var topP: Double?

  @Option(name: .long, help: "Decides what is drawn (default: 0).")
  var seed: UInt64?

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
    if let temperature, !(temperature >= 0 && temperature.isFinite) {
      throw ValidationError("--temperature must be 0 or more")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1") }
    if let topP, !(topP > 0 && topP <= 1) { throw ValidationError("--top-p must be above 0 and at most 1") }
    if temperature == nil, !drawing.isEmpty {
      throw ValidationError(
        "\(drawing.joined(separator: " and ")) \(drawing.count == 1 ? "needs" : "need") --temperature above 0: "
          + "without it nothing is drawn")
    }
    if raw, system != nil {
      throw ValidationError("--raw leaves out the chat template, and --system with it")
    }
  }

  /// Options that say how to draw, as they were given.
  private var drawing: [String] {
    [topK.map { _ in "--top-k" }, topP.map { _ in "--top-p" }, seed.map { _ in "--seed" }].compactMap(\.self)
  }

  func run() throws {
    let checkpoint = try input.open()
    if temperature == 0, !drawing.isEmpty {
      common.note(
        "note: at temperature 0 nothing is drawn, so \(drawing.joined(separator: " and ")) changes nothing")
    }
    let prompt = try question()
    let (images, chosen) = try pictures.read()
    StandardStreams.say(chosen)
    let model = try common.run { try VisionLanguageModel(checkpoint, precision: precision, progress: $0) }
    StandardStreams.say(model.tokenizerNotices)
    let notices = checkpoint.notices + model.tokenizerNotices
    let summary = try common.run { _ in
      var isMidLine = false
      do {
        return try model.generate(
          prompt, images: images, options: options
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
      try common.print(
        Answer(summary, to: self, prompt: prompt), as: .generate, notices: notices + chosen
      ) { _ in "" }
    } else {
      try StandardStreams.print("\n")
      if common.verbose { common.note(summary.line) }
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
    options.sampling = .init(temperature: temperature ?? 0, topK: topK, topP: topP ?? 1, seed: seed ?? 0)
    options.system = system
    options.isRaw = raw
    return options
  }
}

/// What was asked and what came of it, for `--json`.
private struct Answer: Encodable {
  let summary: VisionLanguageModel.Summary
  let request: Generate
  let prompt: String

  init(_ summary: VisionLanguageModel.Summary, to request: Generate, prompt: String) {
    self.summary = summary
    self.request = request
    self.prompt = prompt
  }

  enum Key: String, CodingKey {
    case checkpoint, prompt, system, raw, images, data, rows, precision, maxTokens, temperature, topK, topP,
      seed
  }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(request.input.checkpoint, forKey: .checkpoint)
    try container.encode(prompt, forKey: .prompt)
    try container.encodeIfPresent(request.system, forKey: .system)
    try container.encode(request.raw, forKey: .raw)
    try container.encode(request.pictures.image, forKey: .images)
    try container.encodeIfPresent(request.pictures.data, forKey: .data)
    try container.encode(request.pictures.row, forKey: .rows)
    try container.encode(request.precision.rawValue, forKey: .precision)
    try container.encode(request.maxTokens, forKey: .maxTokens)
    try container.encode(request.temperature ?? 0, forKey: .temperature)
    try container.encodeIfPresent(request.topK, forKey: .topK)
    try container.encode(request.topP ?? 1, forKey: .topP)
    try container.encode(request.seed ?? 0, forKey: .seed)
  }
}
