import Foundation
import TestSupport
import Testing

/// Frames of demonstrations in the place of pictures.
@Suite struct PictureOptionsTests {
  private static let model = Fixture.url("tabletop-vlm").path

  private static func generate(_ file: String, _ more: String...) throws -> ToolProcess {
    try ToolProcess.run(
      [
        "generate", model, "--data", Fixture.url("datasets/\(file).hdf5").path, "--prompt",
        "Describe the scene.",
      ]
        + ["--max-tokens", "8"] + more)
  }

  /// Row i of a file that records after the action, upside down, is row i + 1 of one that records before it, upright.
  @Test func aRowIsTheFrameThatTheProbeSees() throws {
    let after = try Self.generate("libero_upside_down", "--row", "3")
    #expect(after.status == 0 && !after.output.isEmpty, "\(after.errors)")
    #expect(
      after.errors.contains(
        ": /data/demo_0, row 3: camera agentview_rgb (the workspace camera by its name; there are also eye_in_hand_rgb), "
          + "upside-down (macros_image_convention of /data is opengl"), "\(after.errors)")
    let before = try Self.generate("libero_regenerated", "--row", "4", "--demo", "demo_0")
    #expect(before.output == after.output)
    #expect(before.errors.contains("as-stored (assumed"), "\(before.errors)")
    let turned = try Self.generate("libero_regenerated", "--row", "4", "--orientation", "upside-down")
    #expect(turned.output != after.output)
  }

  @Test(arguments: [
    (["--row", "999"], "there is no row 999; it has 0 to "),
    (["--row", "1", "--demo", "demo_7"], "there is no demonstration demo_7 (there are demo_0, demo_1"),
    (["--row", "1", "--camera", "front"], "there are no frames (T, H, W, 3) of bytes named front"),
  ])
  func whatIsNotThereIsNamed(arguments: [String], message: String) throws {
    let run = try ToolProcess.run(
      ["generate", Self.model, "--data", Fixture.url("datasets/robomimic.hdf5").path, "--prompt", "x"]
        + arguments)
    #expect(run.status == 1)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test(arguments: [
    (["--data", "x.hdf5"], "--data needs --row"), (["--row", "1"], "go with --data"),
    (["--camera", "x"], "go with --data"),
  ])
  func wrongUsageIsExplained(arguments: [String], message: String) throws {
    let run = try ToolProcess.run(["generate", "x", "--prompt", "y"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }
}
