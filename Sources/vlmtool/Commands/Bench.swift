import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: kernels, an encoder, a whole model, a probe, a ladder's statistics.",
    discussion: """
      Checks each answer before it is timed. `./dev bench` runs the rivals beside these in one run and prints ratios.

      EXAMPLES
        vlmtool bench kernels
        vlmtool bench encoder Qwen2-VL-2B-Instruct --side 448
        vlmtool bench prefill Qwen2.5-VL-3B-Instruct --prompt-tokens 40
        vlmtool bench probe --runs 3
        vlmtool bench ladder
      """,
    subcommands: [BenchKernels.self, BenchEncoder.self, BenchPrefill.self, BenchProbe.self, BenchLadder.self])
}
