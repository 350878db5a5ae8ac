import ArgumentParser
import Foundation
import Reports
import Runtime
import Tensors

@main
struct VLMTool: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "vlmtool",
    abstract: "Find out which part of a vision-language model holds a robot policy back.",
    discussion: """
      Opens public VLM checkpoints, maps them onto its own runtime, quantizes them to int8, and probes every stage of the \
      vision side on recorded demonstrations.

      CKPT is a directory, a .safetensors, .weights.h5 or tf_model.h5 file, an *.index.json, a KerasHub preset or hf://org/name \
      in the local hub cache. Results go to \
      standard output, progress and errors to standard error; exit status is 0 when done, 1 when something failed, 64 on \
      wrong usage.

      EXAMPLES
        vlmtool inspect Qwen2-VL-2B-Instruct
        vlmtool quantize Qwen2-VL-2B-Instruct -o qwen2-vl-2b-int8
        vlmtool probe encoder Qwen2-VL-2B-Instruct --data libero_spatial/ --compare qwen2-vl-2b-int8 --report out.html
      """,
    version: version,
    subcommands: [
      Inspect.self, Convert.self, Quantize.self, Probe.self, Verify.self, Generate.self, Diff.self,
      Formats.self, Demo.self,
      Bench.self,
    ])

  static func main() {
    Machine.openBLAS = OpenBLASCoreType.prepareProcess()
    OpenBLASThreads.stopIdle()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as VLMError {
      StandardStreams.remark("error: \(error)\n")
      exit(withError: ExitCode.failure)
    } catch {
      exit(withError: error)
    }
  }
}
