import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// What `probe encoder` says of its data, and when.
@Suite struct ProbeCommandTests {
  private static let model = Fixture.url("tabletop-vlm").path
  private static let upsideDown = Fixture.url("datasets/libero_upside_down.hdf5").path

  /// A probe as short as it can be.
  private static func probe(_ data: String, _ more: String...) throws -> ToolProcess {
    try ToolProcess.run(
      [
        "probe", "encoder", model, "--data", data, "--frames", "16", "--permutations", "100",
      ]
        + ["--folds", "3", "--target", "ee-position"] + more)
  }

  /// What a failed probe says on standard error; no activation was kept, so no encoder ran.
  private static func failure(_ data: String, _ more: String...) throws -> String {
    try Fixture.withTemporaryDirectory { cache in
      let run = try ToolProcess.run(
        ["probe", "encoder", model, "--data", data, "--cache", cache.path] + more)
      #expect(run.status == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path).isEmpty)
      return run.errors
    }
  }

  @Test func whatWasChosenIsShownWithItsEvidence() throws {
    try Fixture.withTemporaryDirectory { directory in
      let page = directory.appending(path: "report.html").path
      let run = try Self.probe(Self.upsideDown, "--no-cache", "--json", "--report", page)
      #expect(run.status == 0, "\(run.errors)")
      let said = [
        "camera       agentview_rgb, 40 × 40: the workspace camera by its name; there are also eye_in_hand_rgb",
        "orientation  upside-down: macros_image_convention of /data is opengl, robosuite's word for bottom row first",
        "row lag      1: joint_states, gripper_states equal the states one row later",
        "frames       16 of ",
        "targets      end-effector position (obs/ee_pos)",
        "instruction  1 task: problem_info of /data",
        "note: No verdict can come of these data: 4 episodes; at least 20 are needed.",
      ]
      for line in said { #expect(run.errors.contains(line), "\(line) in \(run.errors)") }
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let data = try #require(report["data"] as? [String: Any])
      #expect(data["imageKey"] as? String == "agentview_rgb")
      #expect((data["imageKeyEvidence"] as? String)?.hasPrefix("the workspace camera") == true)
      #expect(data["orientation"] as? String == "upside-down")
      #expect((data["orientationEvidence"] as? String)?.contains("is opengl") == true)
      #expect(data["instructionSources"] as? [String] == ["problem_info of /data"])
      #expect(data["frameSelection"] as? String == "every row, thinned evenly to 4 of an episode")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      for evidence in ["the workspace camera by its name", "macros_image_convention of /data is opengl"] {
        #expect(html.contains(evidence), "\(evidence)")
      }
    }
  }

  @Test func aDeadCameraIsToldBeforeTheEncoderRuns() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "dead_demo.hdf5").path
      try Self.write(path, episodes: 4) { _ in [UInt8](repeating: 10, count: 6 * 2 * 2 * 3) }
      let said = try Self.failure(path)
      #expect(
        said.contains(
          "error: \(path): /data/demo_0/obs/agentview_rgb: all 6 frames used are of a single colour 10 10 10; so it is in "
            + "4 of 4 demonstrations (leave the demonstration out with --exclude demo_0)"), "\(said)")
    }
  }

  @Test func tooFewEpisodesAreToldBeforeTheEncoderRuns() throws {
    let said = try Self.failure(Fixture.url("datasets/robomimic.hdf5").path, "--mask", "valid")
    #expect(said.contains("1 episodes in 5 folds; nested folds need 3 of each"), "\(said)")
  }

  @Test func theExportNamesColumnsAndRows() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "features.h5").path
      let run = try Self.probe(Self.upsideDown, "--no-cache", "--export", path)
      #expect(run.status == 0, "\(run.errors)")
      let file = try HDF5File(path)
      #expect(
        try file.dataset("/target_names").strings()
          == ["x", "y", "z"].map { "ee-position.\($0)" })
      #expect(try file.dataset("/episodes/demonstration").strings() == (0..<4).map { "/data/demo_\($0)" })
      #expect(try file.dataset("/episodes/file").strings() == Array(repeating: Self.upsideDown, count: 4))
      let rows: [Double] = try file.dataset("/row").values()
      #expect(rows.count == 16 && rows[0] == 0 && rows[1] > 0)
      // The exported row is the row of the file: its positions are the targets.
      let positions: [Double] = try HDF5File(Self.upsideDown).dataset("/data/demo_0/obs/ee_pos").values()
      let targets: [Double] = try file.dataset("/targets").values()
      let row = Int(rows[2])
      #expect(Array(targets[6..<9]) == Array(positions[3 * row..<3 * row + 3]))
    }
  }

  @Test(arguments: [
    (["--image", "agentview_rgb"], "did you mean --camera agentview_rgb?"),
    (["--compare", "a", "--compare", "b"], "--compare takes one value and is given 2 times (a, b)"),
    (["--compare", "a", "--compare=b"], "--compare takes one value and is given 2 times (a, b)"),
    (["--lag", "2"], "--lag must be 0 or 1"),
  ])
  func wrongUsageIsExplained(arguments: [String], message: String) throws {
    let run = try ToolProcess.run(["probe", "encoder", "x", "--data", "y"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  /// What may be repeated is taken as it is; so is a value that looks like an option's.
  @Test func repeatedListsAreFine() throws {
    let run = try ToolProcess.run(
      "probe", "encoder", "/no/such", "--data", "/no/such", "--target", "gripper", "--target", "ee-position")
    #expect(run.status == 1)
  }

  /// Demonstrations of six rows in LIBERO's layout.
  private static func write(_ path: String, episodes: Int, frames: (Int) -> [UInt8]) throws {
    let writer = try HDF5Writer(path)
    for episode in 0..<episodes {
      let group = "/data/demo_\(episode)"
      let rows = (0..<6).map { Double($0 * $0 + episode) }
      try writer.write(rows.flatMap { [$0, -$0] }, to: "\(group)/actions", shape: [6, 2])
      try writer.write(rows.flatMap { [$0, 1] }, to: "\(group)/states", shape: [6, 2])
      try writer.write(rows.flatMap { [$0, 2 * $0, -$0] }, to: "\(group)/obs/ee_pos", shape: [6, 3])
      let bytes = frames(episode)
      try bytes.withUnsafeBytes {
        try writer.write($0, to: "\(group)/obs/agentview_rgb", dtype: .u8, shape: [6, 2, 2, 3])
      }
    }
    try writer.commit()
  }
}
