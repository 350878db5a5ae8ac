import ArgumentParser
import Foundation
import Reports
import Runtime
import Statistics
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

      CKPT is a directory, a .safetensors, .weights.h5, tf_model.h5, PyTorch or GGUF file, an *.index.json, a KerasHub preset or \
      hf://org/name[@revision], which is downloaded where the local hub cache does not have it. Results go to \
      standard output, progress and errors to standard error; exit status is 0 when done, 1 when something failed, 64 on wrong usage, 130 and 143 when interrupted.

      EXAMPLES
        vlmtool inspect Qwen2-VL-2B-Instruct
        vlmtool quantize Qwen2-VL-2B-Instruct -o qwen2-vl-2b-int8
        vlmtool probe encoder Qwen2-VL-2B-Instruct --data libero_spatial/ \\
          --compare qwen2-vl-2b-int8 --report out.html
      """,
    version: version,
    subcommands: [
      Inspect.self, Download.self, Convert.self, Quantize.self, Probe.self, PolicyCommand.self, JarvisCommand.self, DataCommand.self, Verify.self, Generate.self, Serve.self, Diff.self,
      Formats.self, Demo.self, Bench.self, Cache.self, Version.self, Manual.self,
    ])

  static let _errorPrefix = "error: "

  static func main() {
    StandardStreams.holdPlaces()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try ProcessLimits.prepare()
      OpenBLASThreads.stopIdle()
      Interruption.listen()
      try RepeatedOptions.check(arguments)
      var command = try CommandMistake.parse(arguments)
      if command is any UsesOpenBLAS { Machine.openBLAS = OpenBLASCoreType.prepareProcess() }
      if !(command is any AsksHubItself) { try HubName.bringMissing(arguments) }
      try command.run()
    } catch let error as VLMError {
      finish(remark: "error: \(error)\n", status: 1)
    } catch {
      let text = CommandMistake.explained(fullMessage(for: error), arguments)
      let status = exitCode(for: error).rawValue
      guard status == 0 else { finish(remark: text.isEmpty ? "" : text + "\n", status: status) }
      do throws(VLMError) {
        try StandardStreams.print(text + "\n")
      } catch {
        finish(remark: "error: \(error)\n", status: 1)
      }
    }
  }

  private static func finish(remark: String, status: Int32) -> Never {
    StandardStreams.remark(remark)
    // At once: libopenblas ends its threads at a regular exit, and waits for ever for one that finds no memory.
    fflush(nil)
    _exit(status)
  }
}
