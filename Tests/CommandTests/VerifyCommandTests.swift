import Foundation
import TestSupport
import Testing

/// `verify` as it is run: a recording passes, replaces nothing, and a wrong one is explained.
@Suite struct VerifyCommandTests {
  private static let model = Fixture.url("tabletop-vlm").path
  private static let picture = Fixture.url("images/frame.png").path

  @Test func whatIsRecordedPasses() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "taps.safetensors").path
      let arguments = ["--image", Self.picture, "--prompt", "Describe the scene."]
      let recorded = try ToolProcess.run(["verify", Self.model, "--record", path] + arguments)
      #expect(recorded.status == 0, "\(recorded.errors)")
      for tap in [
        "input.pixel_values", "input.input_ids", "vision.blocks.5", "projector", "language.blocks.0",
        "logits",
      ] {
        #expect(recorded.output.contains(tap), "\(tap)")
      }
      #expect(recorded.output.contains("taps.safetensors."))
      let verified = try ToolProcess.run("verify", Self.model, "--reference", path, "--tolerance", "1e-30")
      #expect(verified.status == 0 && verified.output.contains("passed: "), "\(verified.output)")

      // The same once more: a recording replaces a recording, byte for byte, and nothing else.
      let before = try Data(contentsOf: URL(filePath: path))
      #expect(try ToolProcess.run(["verify", Self.model, "--record", path] + arguments).status == 0)
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
      try Data("mine".utf8).write(to: URL(filePath: path))
      let refused = try ToolProcess.run(["verify", Self.model, "--record", path] + arguments)
      #expect(refused.status == 1 && refused.errors.contains("did not write"), "\(refused.errors)")
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    }
  }

  /// Settings with which a model still runs, and is wrong: each failure has its line on standard error.
  @Test(arguments: ["rope_theta", "image_token_id"]) func wrongSettingsFailWithALine(key: String) throws {
    try CheckpointCase.with(
      "tabletop-vlm",
      { made in
        if key == "image_token_id" {
          made.config[key] = 7
        } else {
          var text = try #require(made.config["text_config"] as? [String: Any])
          text["rope_parameters"] = ["rope_type": "default", "rope_theta": Double.leastNonzeroMagnitude, "mrope_section": [4, 6, 6]] as [String: Any]
          made.config["text_config"] = text
        }
      }
    ) { folder in
      let run = try ToolProcess.run(
        "verify", folder.path, "--reference", Fixture.url("tabletop-vlm/reference.safetensors").path)
      #expect(run.status == 1)
      #expect(run.errors.split(separator: "\n").last?.hasPrefix("error: ") == true, "\(run.errors)")
    }
  }

  @Test func aRecordingAsJSON() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "taps.safetensors").path
      let run = try ToolProcess.run(
        "verify", Self.model, "--record", path, "--image", Self.picture, "--only", "projector", "--json")
      #expect(run.status == 0, "\(run.errors)")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(report["schema"] as? String == "vlmtool.verify.record/1")
      #expect((report["taps"] as? [[String: Any]])?.map { $0["name"] as? String } == ["projector"])
    }
  }

  /// int8 is no float: its taps fail, the first is named, and nothing is claimed to be like anything.
  @Test func theFirstThatFailsIsNamed() throws {
    let family = Fixture.url("families/qwen2_vl").path
    let run = try ToolProcess.run(
      "verify", family + "/transformers-5", "--reference", family + "/reference.safetensors", "--precision",
      "int8",
      "--only", "vision")
    #expect(run.status == 1)
    #expect(
      run.output.contains(", the first is vision.blocks.0; the largest difference is "), "\(run.output)")
  }

  @Test(arguments: [
    (["verify", "x"], "--reference FILE to compare with, or --record FILE"),
    (["verify", "x", "--record", "y"], "--record needs --image, --prompt or both"),
    (["verify", "x", "--reference", "y", "--image", "z"], "a reference brings its own inputs"),
    (["verify", "x", "--reference", "y", "--record", "w", "--prompt", "z"], "--record takes either"),
  ])
  func wrongUsageIsExplained(arguments: [String], message: String) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }
}
