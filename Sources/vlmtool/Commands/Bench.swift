import ArgumentParser
import Benchmarks
import Checkpoints
import Files
import Mapping
import Reports
import Runtime
import Tensors

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: kernels, an encoder, a whole model, a probe.",
    discussion: """
      Checks each answer before it is timed. `./dev bench` runs the rivals beside these in one run and prints ratios.

      EXAMPLES
        vlmtool bench kernels
        vlmtool bench encoder Qwen2-VL-2B-Instruct --side 448
        vlmtool bench prefill Qwen2.5-VL-3B-Instruct --prompt-tokens 40
        vlmtool bench probe --runs 3
      """,
    subcommands: [BenchKernels.self, BenchEncoder.self, BenchPrefill.self, BenchProbe.self])
}

struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Rate the products and attention of a Qwen2-VL encoder against the machine's peaks.")

  @OptionGroup var common: CommonOptions

  func run() throws {
    let result = try common.run { _ in try KernelBenchmark.run() }
    try common.print(result, as: .benchKernels) { KernelBenchmarkReport(result).render(on: $0) }
  }
}

struct BenchEncoder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encoder", abstract: "Time the vision side on one square image, f32 and int8.")

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: ArgumentHelp("Pixels of a side.", valueName: "pixels"))
  var side = 448

  @Option(name: .long, help: "Timed runs of each precision.")
  var runs = 5

  @Option(
    name: .long, help: "Save the input and the f32 answer here (safetensors), for rivals.",
    completion: .file())
  var save: String?

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1") }
  }

  func run() throws {
    let save = try save.map {
      try ResultFile($0, .safetensors, apartFrom: [input.checkpoint, input.reading.familyFile]).path
    }
    let checkpoint = try input.open()
    let result = try common.run { _ in
      try EncoderBenchmark(checkpoint, side: side, runs: runs, save: save)
    }
    try common.print(result, as: .benchEncoder, notices: checkpoint.notices) { EncoderBenchmarkReport(result).render(on: $0) }
  }
}

struct BenchProbe: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Time the nested ridge probe on 5000 frames of 1280 features.")

  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "Timed runs.")
  var runs = 5

  @Option(
    name: .long, help: "Save the problem and our predictions here (HDF5), for rivals.", completion: .file())
  var save: String?

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1") }
  }

  func run() throws {
    let save = try save.map { try ResultFile($0, .hdf5, apartFrom: []).path }
    let result = try common.run { _ in try ProbeBenchmark(runs: runs, save: save) }
    try common.print(result, as: .benchProbe) { ProbeBenchmarkReport(result).render(on: $0) }
  }
}
