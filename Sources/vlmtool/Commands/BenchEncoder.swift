import ArgumentParser
import Benchmarks
import Checkpoints
import Files
import Mapping
import Reports

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
    try common.print(result, as: .benchEncoder, notices: checkpoint.notices) { result.render(on: $0) }
  }
}
