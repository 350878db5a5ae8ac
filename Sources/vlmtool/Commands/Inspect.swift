import ArgumentParser
import Mapping
import Reports

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is in a checkpoint: family, components, dtypes, what is missing.",
    discussion: """
      Reads headers only, so a 16 GB checkpoint answers at once. Exits with 1 when tensors are missing, unclaimed or of the \
      wrong shape, after listing them.

      EXAMPLES
        vlmtool inspect Qwen2-VL-2B-Instruct
        vlmtool inspect hf://Qwen/Qwen2.5-VL-3B-Instruct --json
        vlmtool inspect my-model --family-file my_family.mine.json5
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let checkpoint = try input.open(requiringExactCoverage: false)
    let summary = try common.run { _ in CheckpointSummary(checkpoint) }
    try common.print(summary, as: .inspect, notices: checkpoint.notices) { CheckpointTerminalReport(summary).render(on: $0) }
    if !summary.isCoverageExact { throw ExitCode.failure }
  }
}
