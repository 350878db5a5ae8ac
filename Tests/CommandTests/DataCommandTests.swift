import Foundation
import TestSupport
import Testing

/// `vlmtool data inspect` as a user runs it.
@Suite struct DataCommandTests {
  /// A missing program is no damage: one error ends the run, told to leave out what is damaged or not.
  @Test(arguments: [[], ["--skip-damaged"]]) func withoutADecoderThereIsOneError(flags: [String]) throws {
    let data = Fixture.url("lerobot/v3-h264").path
    for command in [
      ["data", "inspect", data],
      ["probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", data, "--no-cache"],
    ] {
      let run = try ToolProcess.run(command + flags, environment: ["PATH": "/nowhere"])
      let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
      #expect(run.status == 1 && lines.count == 1, "\(run.errors)")
      #expect(lines.first?.contains("the program ffmpeg is needed") == true)
      #expect(lines.first?.contains("apt install ffmpeg") == true && run.output.isEmpty)
    }
  }

  /// Factors are what is probed, since nothing else is there.
  @Test func labelledImagesAreDescribed() throws {
    let run = try ToolProcess.run(["data", "inspect", Fixture.url("datasets/shapes3d.h5").path])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.contains("3DShapes (HDF5): 90 images, all there are."))
    #expect(
      run.output.contains(
        "probed by default: obs/floor_hue, obs/object_hue, obs/orientation, obs/scale, obs/shape, obs/wall_hue"
      ))
    #expect(!run.output.contains("next-action"))
  }
}
