import Foundation
import TestSupport
import Testing

/// `quantize --smooth` and `--calibrate` on the command line.
@Suite struct CalibrationTests {
  static let model = Fixture.url("tabletop-vlm").path

  private func report(_ arguments: [String]) throws -> (report: [String: Any], errors: String) {
    let run = try ToolProcess.run(["quantize", Self.model, "--json"] + arguments)
    try #require(run.status == 0, "\(run.errors)")
    return (try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]), run.errors)
  }

  /// Demonstrations show the language model their instructions; pictures by themselves show the encoder alone, which is said. The same
  /// run twice gives the same bytes.
  @Test func whatIsShownIsSeen() throws {
    try Fixture.withTemporaryDirectory { directory in
      func run(_ name: String, _ data: String) throws -> (facts: [String: Any], seen: Set<String>) {
        let output = directory.appending(path: name).path
        let report = try report(["-o", output, "--smooth", "--calibrate", data, "--calibration-frames", "4"]).report
        let places = try #require(report["smoothing"] as? [[String: Any]])
        return (
          try #require(report["calibration"] as? [String: Any]),
          Set(places.filter { $0["seenTokens"] != nil }.compactMap { ($0["name"] as? String)?.split(separator: ".").first.map(String.init) })
        )
      }
      let demonstrations = Fixture.url("demonstrations").path
      let (told, both) = try run("demonstrations", demonstrations)
      #expect(told["hasLanguage"] as? Bool == true && told["frames"] as? Int == 4 && both == ["vision", "language"])
      _ = try run("again", demonstrations)
      let weights = try ["demonstrations", "again"].map { try Data(contentsOf: directory.appending(path: "\($0)/model.safetensors")) }
      #expect(weights[0] == weights[1])
      let (shown, one) = try run("pictures", Fixture.url("images/frame.png").path)
      #expect(shown["hasLanguage"] as? Bool == false && shown["frames"] as? Int == 1 && one == ["vision"])
      #expect("\(shown["remarks"] ?? "")".contains("pictures by themselves have no instructions"))
    }
  }

  /// Scales of activations for vLLM, of the layers that were shown something.
  @Test func staticScalesAreWritten() throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out").path
      let arguments = ["-o", output, "--format", "compressed-tensors", "--scheme", "w8a8-static"]
      let report = try report(arguments + ["--smooth", "--calibrate", Fixture.url("demonstrations").path, "--calibration-frames", "3"]).report
      #expect(report["activations"] as? String == "int8, one scale a layer")
      #expect((report["keptLayers"] as? [[String: Any]])?.allSatisfy { "\($0["keptBecause"] ?? "")".contains("head") } == true)
      let opened = try ToolProcess.run("inspect", output)
      #expect(opened.status == 0 && opened.output.contains("compressed-tensors"), "\(opened.errors)")
    }
  }

  @Test(arguments: [
    (["--calibrate", "D"], "--calibrate goes with --smooth"), (["--scheme", "w8a16", "--smooth"], "leaves activations in floating point"),
    (["--smooth", "--dry-run"], "--smooth needs the weights"), (["--smooth", "--calibration-frames", "3"], "goes with --calibrate"),
    (["--smooth", "--calibrate", "D", "--calibration-frames", "0"], "must be 1 or more"),
    (["--format", "compressed-tensors", "--scheme", "w8a8-static"], "needs --calibrate"),
  ])
  func mistakes(arguments: [String], answer: String) throws {
    let run = try ToolProcess.run(["quantize", Self.model, "-o", "x"] + arguments)
    #expect(run.status == 64 && run.errors.contains(answer), "\(run.errors)")
  }

  /// Nothing is written where there is nothing to look at.
  @Test func nothingToSeeIsAnError() throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out").path
      let run = try ToolProcess.run(
        "quantize", Self.model, "-o", output, "--smooth", "--calibrate", Fixture.url("tokenizers").path)
      #expect(run.status == 1 && run.errors.contains("tokenizers"), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
