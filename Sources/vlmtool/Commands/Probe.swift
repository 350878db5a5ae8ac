import ArgumentParser

struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find out what can be read from a model's activations.",
    discussion: """
      EXAMPLES
        vlmtool probe encoder Qwen2-VL-2B-Instruct --data libero_spatial/
        vlmtool probe validate Qwen2-VL-2B-Instruct --data libero_spatial/ --quick
      """,
    subcommands: [ProbeEncoderCommand.self, ProbeValidateCommand.self])
}
