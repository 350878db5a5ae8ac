import ArgumentParser
import Files
import Probing
import Reports
import VLMToolKit

struct ProbeValidateCommand: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Plant faults in a checkpoint and its demonstrations, and show that probe encoder finds them.",
    discussion: """
      Runs the whole pipeline of `probe encoder` once more for every fault: vision weights made random by dose, frames \
      blurred, the projector cut to few directions, the language model's weights changed, the instruction dropped or another \
      task's, labels dealt to other episodes; and what must change nothing: the projector's output rotated, int8. Only the \
      modules' outputs are read, and of several targets the first that allows a verdict. A verdict on your own data is worth as much as this table.

      EXAMPLES
        vlmtool probe validate model/ --data demos/ --quick
        vlmtool probe validate model/ --data demos/ --target ee-position --json
        vlmtool probe validate model/ --data demos/ --nulls 100
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @OptionGroup var demonstrations: ProbeDataOptions

  @Flag(name: .long, help: "One strong dose of the most telling faults.")
  var quick = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Plant this fault only (repeatable): a name as the JSON has it, such as projector-4.", valueName: "name"),
    completion: .list(Plant.all.map(\.id)))
  var plant: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Deal labels to other episodes and rotate the projector's output so many times more, each time anew, and count what is "
        + "named falsely.", valueName: "n"))
  var nulls = 0

  @OptionGroup(title: "Demonstrations") var frames: FrameOptions
  @OptionGroup(title: "Statistics") var statistics: StatisticsOptions

  @Option(name: .long, help: "Keep activations in this directory (default: nowhere).", completion: .directory)
  var cache: String?

  func validate() throws {
    guard nulls >= 0 else { throw ValidationError("--nulls is a count") }
    for (name, isOn) in [("--attention", statistics.attention), ("--bits", statistics.bits)] where isOn {
      throw ValidationError("\(name) changes no verdict, and verdicts are all that is validated")
    }
  }

  func run() throws {
    var options = ProbeEncoder.Options(
      checkpoint: try input.open(), data: demonstrations.data, cache: cache.map { .directory($0) } ?? .none)
    options.targets = demonstrations.target
    options.dataOptions = frames.options
    options.settings = statistics.settings
    let result = try common.run {
      try ProbeValidation.run(options, isQuick: quick, only: plant, nulls: nulls, progress: $0)
    }
    try common.print(result, as: .probeValidate, notices: options.checkpoint.notices) {
      result.render(on: $0)
    }
  }
}
