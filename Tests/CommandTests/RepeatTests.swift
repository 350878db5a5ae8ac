import Foundation
import TestSupport
import Testing

/// The same bytes every time, with any number of threads. `./dev sanitize repeat` does it fifty times.
@Suite struct RepeatTests {
  static let model = Fixture.url("tabletop-vlm").path
  static let frame = Fixture.url("images/frame.png").path
  static let threads = ["1", "2", "3"]

  @Test(arguments: [
    ["quantize", model, "--image", frame], ["quantize", model, "--format", "compressed-tensors"], ["convert", model],
    ["convert", model, "--to", "hf"], ["convert", Fixture.url("families/siglip/transformers-5").path, "--to", "keras"],
  ])
  func directoriesAreTheSame(arguments: [String]) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "output")
      let runs = try Self.threads.map { threads in
        try? FileManager.default.removeItem(at: output)
        let run = try ToolProcess.run(
          arguments + ["-o", output.path, "--json", "--quiet", "--threads", threads])
        #expect(run.status == 0, "\(run.errors)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: output.path).sorted()
        return try [("", Data(run.output.utf8))]
          + names.map { ($0, try Data(contentsOf: output.appending(path: $0))) }
      }
      for run in runs.dropFirst() {
        #expect(run.map(\.0) == runs[0].map(\.0))
        for (file, first) in zip(run, runs[0]) { #expect(file.1 == first.1, "\(file.0)") }
      }
    }
  }

  @Test(arguments: [
    ["generate", model, "--image", frame, "--prompt", "Describe the scene.", "--max-tokens", "8"],
    ["generate", model, "--prompt", "Go on.", "--max-tokens", "8", "--temperature", "1", "--seed", "7"],
    ProcessLimitsTests.probe + ["--no-cache"],
  ])
  func resultsAreTheSame(arguments: [String]) throws {
    let runs = try Self.threads.map { threads in
      let run = try ToolProcess.run(arguments + ["--json", "--threads", threads])
      #expect(run.status == 0, "\(run.errors)")
      return run.output
    }
    for run in runs.dropFirst() { #expect(run == runs[0]) }
  }
}
