public import ArgumentParser
import Checkpoints
import Files
public import Mapping
import Reports
import Runtime

extension ModelComponent: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare this runtime's activations with recorded ones, or record them.",
    discussion: """
      The reference is a safetensors file with the inputs (input.pixel_values, input.image_grid_thw, input.input_ids, ...) \
      and any of the taps vision.embeddings, vision.blocks.{i}, vision.norm, vision.pooled, projector, \
      projector.deepstack.{k}, language.embeddings, language.blocks.{i}, language.norm, logits. Each tap is compared as \
      max|d| / max|reference|; one above the tolerance, or one that is not produced, makes the command fail, and \
      what the recorded tensor is after all is looked for: another tap, a multiple, the same rows in another order.

      --record writes such a file instead: this runtime's taps on pictures and a prompt, or with --reference on the inputs of \
      another file. fixtures/oracle/record_taps.py records those of transformers.

      EXAMPLES
        vlmtool verify Qwen2-VL-2B-Instruct --reference taps.safetensors \\
          --only vision,projector
        vlmtool verify qwen2-vl-2b-int8 --reference taps.safetensors \\
          --only vision --tolerance 0.05
        vlmtool verify Qwen2-VL-2B-Instruct --record taps.safetensors \\
          --image frame.png --prompt "Where is it?"
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "Recorded inputs and activations (safetensors).",
    completion: .file(extensions: ["safetensors"]))
  var reference: String?

  @Option(
    name: .long, help: "Write this runtime's inputs and activations here (safetensors).",
    completion: .file(extensions: ["safetensors"]))
  var record: String?

  @OptionGroup(title: "Pictures to record with") var pictures: PictureOptions

  @Option(name: [.short, .long], help: "Prompt to record with; without one the language model is left out.")
  var prompt: String?

  @Option(name: .long, help: "Largest max|d| / max|reference| of a tap.")
  var tolerance = 1e-4

  @Option(
    name: .long, help: ArgumentHelp("Compare only these parts, separated by commas.", valueName: "parts"))
  var only: CommaSeparated<ModelComponent>?

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if !(tolerance > 0) { throw ValidationError("--tolerance must be positive") }
    let hasInputs = !pictures.isEmpty || prompt != nil
    switch (record, reference) {
    case (nil, nil):
      throw ValidationError("give --reference FILE to compare with, or --record FILE to write one")
    case (nil, _) where hasInputs:
      throw ValidationError("--image and --prompt go with --record; a reference brings its own inputs")
    case (.some, .some) where hasInputs:
      throw ValidationError("--record takes either the inputs of --reference or --image and --prompt")
    case (.some, nil) where !hasInputs:
      throw ValidationError("--record needs --image, --prompt or both, or the inputs of a --reference")
    default: break
    }
  }

  func run() throws {
    if let record { return try write(to: record) }
    guard let reference else { return }
    let checkpoint = try input.open()
    let report = try common.run { _ in
      try Verification.run(
        checkpoint, reference: reference, only: Set(only?.values ?? []), tolerance: tolerance,
        precision: precision)
    }
    try common.print(report, as: .verify, notices: checkpoint.notices) {
      VerificationTerminalReport(report).render(on: $0)
    }
    if let failure = report.failure { throw failure }
  }

  private func write(to path: String) throws {
    let file = try ResultFile(path, .safetensors, apartFrom: [input.checkpoint, reference] + pictures.inputs)
    let checkpoint = try input.open()
    let (images, chosen) = try pictures.read()
    StandardStreams.say(chosen)
    let report = try common.run { _ in
      try Recording.run(
        checkpoint, inputs: reference.map { .reference($0) } ?? .made(pictures: images, prompt: prompt),
        to: file.path, only: Set(only?.values ?? []), precision: precision)
    }
    try common.print(report, as: .record, notices: checkpoint.notices + chosen) {
      report.render(on: $0)
    }
  }
}
