import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Data sets that LeRobot itself wrote (fixtures/oracle/make_lerobot.py), of demonstrations that also ship as HDF5.
@Suite struct LeRobotTests {
  static let sets = ["v3-images", "v3-video", "v3-h264", "v3-hevc", "v2.1-video"]

  private func open(_ name: String) throws -> any DemonstrationSource {
    try DemonstrationFormat.open(Fixture.url("lerobot/\(name)").path)
  }

  /// Every number is that of the HDF5 file, bit for bit, where rows belong together as they do there.
  @Test(arguments: sets) func hasTheValuesOfTheDemonstrationsItWasMadeOf(name: String) throws {
    let source = try open(name)
    let pairs = [
      "action": "actions", "observation.environment_state": "states", "observation.ee_pos": "ee_pos",
      "observation.ee_ori": "ee_ori", "observation.gripper_states": "gripper_states",
      "observation.joint_states": "joint_states", "observation.object_pos": "object_pos",
      "observation.goal_pos": "goal_pos",
    ]
    for (index, (task, original, episode)) in try originals().enumerated() {
      let contents = try source.describe(index)
      #expect(contents.instruction.value == task)
      let expected = try original.describe(episode)
      #expect(contents.length == expected.length - 1)
      for (name, other) in pairs {
        let values = try #require(contents.values.first { $0.name == name })
        let wanted = try #require(expected.values.first { $0.name == other })
        let first = ["actions", "states"].contains(other) ? 1 : 0
        let all = try original.values(wanted, of: episode)
        #expect(
          try source.values(values, of: index)
            == Array(all[first * wanted.width..<(first + contents.length) * wanted.width]), "\(name)")
      }
    }
  }

  /// Pictures in the table are lossless.
  @Test func hasTheFramesOfTheDemonstrationsItWasMadeOf() throws {
    let source = try open("v3-images")
    for (index, (_, original, episode)) in try originals().enumerated() {
      let camera = try #require(try source.describe(index).cameras.first)
      let wanted = try #require(try original.describe(episode).cameras.first)
      let rows = Array(0..<camera.frames)
      #expect(
        try source.frames(camera, rows: rows, of: index) == original.frames(wanted, rows: rows, of: episode))
    }
  }

  /// As LeRobot's reader gives them, bit for bit: AV1, H.264 with frames out of order, HEVC, PNG.
  @Test(arguments: sets) func hasTheFramesThatLeRobotReads(name: String) throws {
    let source = try open(name)
    let folder = Fixture.url("lerobot/\(name)/frames")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!files.isEmpty)
    for file in files {
      let parts = file.split(separator: ".").map(String.init)
      let (episode, row) = (
        try #require(Int(parts[parts.count - 3])), try #require(Int(parts[parts.count - 2]))
      )
      let camera = try #require(
        try source.describe(episode).cameras.first { $0.name == parts.dropLast(3).joined(separator: ".") })
      let expected = try RGBImage(contentsOf: folder.appending(path: file).path)
      #expect(try source.frames(camera, rows: [row], of: episode) == [expected], "\(file)")
      let rows = [0, 3, row, camera.frames - 1].filter { $0 <= row }
      let together = try source.frames(camera, rows: Set(rows).sorted(), of: episode)
      #expect(together.last == expected, "\(file) among others")
    }
  }

  /// Names of columns tell which part of a robot's state is what.
  @Test func findsTheEndEffectorInTheState() throws {
    let contents = try open("v3-video").describe(0)
    let roles = Dictionary(uniqueKeysWithValues: contents.values.map { ($0.name, $0.role) })
    #expect(roles["observation.state"] == .proprioception)
    #expect(roles["observation.state.position"] == .endEffectorPosition)
    #expect(roles["observation.state.axis_angle"] == .endEffectorAxisAngle)
    #expect(roles["observation.state.gripper"] == .gripper)
    #expect(roles["observation.environment_state"] == .simulatorState)
    let state = try #require(contents.values.first { $0.name == "observation.state" })
    #expect(state.columns.suffix(2) == ["gripper", "gripper[1]"])
  }

  /// A place of the scene has columns x, y and z too.
  @Test func takesNoPlaceOfAnObjectForTheEndEffector() throws {
    let source = try DemonstrationFormat.open(Fixture.url("miniature/demonstrations").path)
    let roles = Dictionary(uniqueKeysWithValues: try source.describe(0).values.map { ($0.name, $0.role) })
    #expect(roles["observation.state.position"] == .endEffectorPosition)
    #expect(roles["observation.sought_pos"] == .objectPosition)
    #expect(roles["observation.sought_pos.position"] == nil)
  }

  @Test func splitsAreParts() throws {
    let source = try open("v3-video")
    #expect(try source.part(named: "train") == [0, 1, 2, 3])
    #expect(throws: VLMError.self) { try source.part(named: "test") }
  }

  // MARK: Damage

  /// `fault` takes the place of a file of v3-h264; the episodes with that fault are refused, and no others.
  @Test(arguments: [
    ("frames-shifted", "meta/episodes/chunk-000/file-000.parquet", [0, 1, 2, 3], "begins at"),
    ("frames-shared", "meta/episodes/chunk-000/file-000.parquet", [1], "begins at"),
    ("rows-swapped", "data/chunk-000/file-000.parquet", [1], "row"),
    ("time-off", "data/chunk-000/file-000.parquet", [0], "nearest frame"),
    ("rows-missing", "data/chunk-000/file-000.parquet", [3], "rows"),
  ])
  func namesTheEpisodeWhoseRowsOrFramesAreWrong(
    fault: String, file: String, episodes: [Int], words: String
  ) throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "set")
      try FileManager.default.copyItem(at: Fixture.url("lerobot/v3-h264"), to: copy)
      try FileManager.default.removeItem(at: copy.appending(path: file))
      try FileManager.default.copyItem(
        at: Fixture.url("lerobot/broken/\(fault).parquet"), to: copy.appending(path: file))
      let source = try DemonstrationFormat.open(copy.path)
      for episode in source.episodes.indices {
        let contents = try source.describe(episode)
        do {
          for camera in contents.cameras {
            _ = try source.frames(camera, rows: Array(0..<contents.length), of: episode)
          }
          #expect(!episodes.contains(episode), "episode \(episode) passes")
        } catch let error as VLMError {
          #expect(episodes.contains(episode), "\(error)")
          #expect(
            error.code == .datasetInconsistent && error.description.contains("episode \(episode)"), "\(error)"
          )
          #expect(error.message.contains(words), "\(error)")
        }
      }
    }
  }

  /// Of each episode of the sets: its task, and where it is in the HDF5 files.
  private func originals() throws -> [(String, any DemonstrationSource, Int)] {
    try ["lift_the_puck_to_the_blue_ball", "push_the_puck_to_the_green_ball"].flatMap { name in
      let source = try DemonstrationFormat.open(Fixture.url("demonstrations/\(name)_demo.hdf5").path)
      return (0..<2).map { (name.replacingOccurrences(of: "_", with: " "), source, $0) }
    }
  }
}
