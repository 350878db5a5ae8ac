import ArgumentParser
import Benchmarks
import Reports

struct BenchLadder: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "ladder",
    abstract: "Time all statistics of a probe of 60 stages, 8 targets and 3 readouts, without a model.")

  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "Stages from the first block to the last token.")
  var stages = LadderBenchmark.Size().stages

  @Option(name: .long, help: "Frames.")
  var frames = LadderBenchmark.Size().frames

  @Option(name: .long, help: "Episodes that they are of.")
  var episodes = LadderBenchmark.Size().episodes

  @Option(name: .long, help: "Channels of a token.")
  var width = LadderBenchmark.Size().width

  func validate() throws {
    if stages < 6 { throw ValidationError("--stages must be at least 6") }
    if width < 1 { throw ValidationError("--width must be at least 1") }
    if episodes < 20 { throw ValidationError("--episodes must be at least 20") }
    if frames < 3 * episodes { throw ValidationError("--frames must be at least three an episode") }
  }

  func run() throws {
    var extent = LadderBenchmark.Size()
    (extent.stages, extent.frames, extent.episodes, extent.width) = (stages, frames, episodes, width)
    let result = try common.run { try LadderBenchmark(extent, progress: $0) }
    try common.print(result, as: .benchLadder) { result.render(on: $0) }
  }
}
