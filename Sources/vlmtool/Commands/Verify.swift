public import ArgumentParser
public import Mapping
import Reports
import Runtime

extension ModelComponent: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare this runtime's activations with recorded ones.",
    discussion: """
      The reference is a safetensors file with the inputs (input.pixel_values, input.image_grid_thw, input.input_ids, ...) \
      and any of the taps vision.embeddings, vision.blocks.{i}, vision.norm, vision.pooled, projector, \
      projector.deepstack.{k}, language.embeddings, language.blocks.{i}, language.norm, logits. Each tap is compared as \
      max|d| / max|reference|; one above the tolerance, or one that is not produced, makes the command fail.

      EXAMPLES
        vlmtool verify Qwen2-VL-2B-Instruct --reference taps.safetensors \\
          --only vision,projector
        vlmtool verify qwen2-vl-2b-int8 --reference taps.safetensors \\
          --only vision --tolerance 0.05
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "Recorded inputs and activations (safetensors).",
    completion: .file(extensions: ["safetensors"]))
  var reference: String

  @Option(name: .long, help: "Largest max|d| / max|reference| of a tap.")
  var tolerance = 1e-4

  @Option(
    name: .long, help: ArgumentHelp("Compare only these parts, separated by commas.", valueName: "parts"))
  var only: CommaSeparated<ModelComponent>?

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if !(tolerance > 0) { throw ValidationError("--tolerance must be positive") }
  }

  func run() throws {
    let checkpoint = try input.open()
    let report = try common.run { _ in
      try Verification.run(
        checkpoint, reference: reference, only: Set(only?.values ?? []), tolerance: tolerance,
        precision: precision)
    }
    try common.print(report, as: .verify, notices: checkpoint.notices) { VerificationTerminalReport(report).render(on: $0) }
    if let failure = report.failure { throw failure }
  }
}
