public import ArgumentParser
public import Mapping
import Reports
import Tensors

extension TrainingStage: ExpressibleByArgument {}

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say which parts of a model changed from one checkpoint to another, and how much.",
    discussion: """
      Both are mapped to runtime parameters first, so names, layouts, containers and dtypes make no difference; int8 counts \
      as the values it stands for. A change is ||b-a|| / ||a||. Reads both whole, a slice at a time. Exits with 0 however much \
      they differ, unless --exit-code or --expect is given or a value is NaN or infinite.

      Of VLMs it says at the end which stage of JARVIS-VLA's training may lie between them: I and III train language only, II \
      everything. --expect makes that a check: what is claimed frozen must be bit-identical up to the cast to the dtype saved, \
      and every part claimed to train must have moved. Of an embedding to which rows were added those that both have are compared.

      EXAMPLES
        vlmtool diff Qwen2-VL-7B JARVIS-VLA-Qwen2-VL-7B
        vlmtool diff before after --modules --only language
        vlmtool diff stage-2 stage-3 --expect stage-3
        vlmtool diff Qwen2-VL-2B-Instruct qwen2-vl-2b-int8 --top 20
        # transformers against KerasHub
        vlmtool diff paligemma-3b-pt-224 pali_gemma_3b_224 --exit-code
      """)

  @Argument(help: "The checkpoint that changes are measured from.", completion: .file())
  var first: String

  @Argument(help: "The checkpoint that is compared with it.", completion: .file())
  var second: String

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var common: CommonOptions

  @Flag(name: .long, help: "List every module, in the order of the forward pass.")
  var modules = false

  @Option(name: .long, help: ArgumentHelp("List so many of the modules that changed most.", valueName: "n"))
  var top: Int?

  @Option(
    name: .long, help: ArgumentHelp("Compare only these parts, separated by commas.", valueName: "parts"))
  var only: CommaSeparated<ModelComponent>?

  @Flag(name: .long, help: "Exit with 1 when any value differs.")
  var exitCode = false

  @Option(
    name: .long,
    help: ArgumentHelp("Exit with 1 unless this stage of training lies between the two.", valueName: "stage"))
  var expect: TrainingStage?

  func validate() throws {
    if expect != nil, only != nil { throw ValidationError("--expect looks at all parts; leave out --only") }
    if let top, top < 0 { throw ValidationError("--top must not be negative") }
    if modules && top != nil { throw ValidationError("--modules and --top exclude each other") }
  }

  func run() throws {
    let one = try reading.open(first)
    let other = try reading.open(second)
    let diff = try common.run { progress in
      try CheckpointDiff.between(one, other, only: Set(only?.values ?? []), progress: progress)
    }
    try common.print(diff, as: .diff, notices: one.notices + other.notices) {
      DiffTerminalReport(diff, modules: modules ? .all : .most(top ?? 10), expecting: expect).render(on: $0)
    }
    if let fault = diff.notFinite.first {
      throw VLMError(
        .diffNotFinite,
        diff.notFinite.count > 1
          ? "holds a NaN or an infinity, as do \(diff.notFinite.count - 1) others"
          : "holds a NaN or an infinity",
        file: fault.inFirst ? first : second, tensor: fault.name)
    }
    if let expect { try diff.requireStage(expect) }
    if exitCode && !diff.isSame {
      throw VLMError(.diffFound, "differs from \(second): \(diff.summary)", file: first)
    }
  }
}
