import Datasets
import Files
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// fixtures/oracle/make_episodes.py has h5py write shipped demonstrations as ALOHA and RoboTwin do.
@Suite struct EpisodeFilesTests {
  private struct Expected: Decodable {
    let instruction: String
    /// SHA-256 of each frame's pixels.
    let frames: [String]
  }

  private static let tasks = ["lift_the_puck_to_the_blue_ball", "push_the_puck_to_the_green_ball"]
  private static let rows = 9

  private func open(_ name: String) throws -> any DemonstrationSource {
    try DemonstrationFormat.open(Fixture.url("datasets/\(name)").path)
  }

  private func expected(_ name: String) throws -> [Expected] {
    let data = try Data(contentsOf: Fixture.url("records/episodes.json"))
    return try JSONDecoder().decode([String: [Expected]].self, from: data)[name]!
  }

  /// Columns of the demonstration that an episode was made from.
  private func original(_ name: String, _ episode: Int) throws -> [[Double]] {
    let source = try DemonstrationFormat.open(
      Fixture.url("demonstrations/\(Self.tasks[episode / 2])_demo.hdf5").path)
    let values = try #require(try source.describe(episode % 2).values.first { $0.name == name })
    let table = try source.values(values, of: episode % 2)
    return (0..<values.rows).map { Array(table[$0 * values.width..<($0 + 1) * values.width]) }
  }

  /// What two arms were made of.
  private func states(_ episode: Int) throws -> [[Double]] {
    let (joints, gripper) = (try original("joint_states", episode), try original("gripper_states", episode))
    let (position, angles) = (try original("ee_pos", episode), try original("ee_ori", episode))
    return (0..<Self.rows).map { row -> [Double] in
      let left = Array(joints[row].prefix(6)) + [gripper[row][0]]
      return left + position[row] + angles[row] + [gripper[row][1]]
    }
  }

  private func values(_ name: String, _ role: ValueRole, _ source: any DemonstrationSource, _ episode: Int)
    throws -> [[Double]]
  {
    let contents = try source.describe(episode)
    let values = try #require(contents.values.first { $0.name == name && $0.role == role })
    let table = try source.values(values, of: episode)
    return (0..<values.rows).map { Array(table[$0 * values.width..<($0 + 1) * values.width]) }
  }

  private func sums(_ source: any DemonstrationSource, _ camera: String, _ episode: Int) throws -> [String] {
    let camera = try #require(try source.describe(episode).cameras.first { $0.name == camera })
    return try source.frames(camera, rows: Array(0..<camera.frames), of: episode).map {
      $0.pixels.withUnsafeBytes(SHA256.hash)
    }
  }

  @Test(arguments: ["aloha_raw", "aloha_jpeg"]) func alohaHasTheValues(name: String) throws {
    let source = try open(name)
    #expect(source.episodes.map(\.name) == (0..<4).map { "episode_\($0)" })
    for episode in 0..<4 {
      let contents = try source.describe(episode)
      #expect(contents.length == Self.rows)
      #expect(contents.instruction.value == Self.tasks[episode / 2].replacing("_", with: " "))
      #expect(
        contents.instruction.evidence
          == (name == "aloha_raw" ? "episode_\(episode).json" : "/language_raw of the file"))
      let states = try states(episode)
      #expect(try values("qpos", .proprioception, source, episode) == states)
      #expect(try values("qpos.gripper", .gripper, source, episode) == states.map { [$0[6], $0[13]] })
      #expect(
        try values("qpos.joints", .joints, source, episode) == states.map { Array($0[..<6] + $0[7..<13]) })
      let actions = try original("actions", episode)[1...Self.rows].map { $0 + $0 }
      #expect(try values("action", .action, source, episode) == actions)
      let action = try #require(contents.values.first)
      #expect(action.columns[6] == "left_gripper" && action.columns[7] == "right_waist")
      #expect(contents.names.contains("base_action (9, 2) numbers"))
    }
  }

  @Test func rawFramesAreExact() throws {
    let source = try open("aloha_raw")
    #expect(try source.describe(0).cameras.map(\.name) == ["cam_high", "cam_left_wrist"])
    for episode in 0..<4 {
      let original = try DemonstrationFormat.open(
        Fixture.url("demonstrations/\(Self.tasks[episode / 2])_demo.hdf5").path)
      let wanted = try original.describe(episode % 2).cameras[0]
      let camera = try source.describe(episode).cameras[0]
      let rows = Array(0..<Self.rows)
      #expect(
        try source.frames(camera, rows: rows, of: episode)
          == original.frames(wanted, rows: rows, of: episode % 2))
    }
  }

  @Test func jpegsAreAsPillowReadsThem() throws {
    let source = try open("aloha_jpeg")
    for (episode, expected) in try expected("aloha_jpeg").enumerated() {
      #expect(try sums(source, "cam_high", episode) == expected.frames)
    }
    #expect(try source.describe(0).names.contains("compress_len (1, 9) numbers"))
  }

  /// Several tasks in one folder, as RoboTwin keeps them: by task, or by task and configuration.
  @Test(arguments: [["lift", "push"], ["lift/demo_clean", "push/demo_clean"]])
  func foldersOfSeveralTasksAreOneRecording(folders: [String]) throws {
    try Fixture.withTemporaryDirectory { directory in
      for folder in folders {
        let copy = directory.appending(path: folder)
        try FileManager.default.createDirectory(
          at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Fixture.url("datasets/robotwin"), to: copy)
      }
      let source = try DemonstrationFormat.open(directory.path)
      #expect(
        source.episodes.map(\.name)
          == folders.flatMap { folder in
            (0..<4).map { "\(folder.replacing("/", with: "_"))_episode\($0)" }
          })
      let (whole, part) = (source, try open("robotwin"))
      for episode in 0..<4 { #expect(try whole.describe(episode + 4) == part.describe(episode)) }
      try DemonstrationSourceConformance.check(source)
    }
  }

  /// Points of the world are where RoboTwin's own matrices, in OpenCV's axes, project them.
  @Test func roboTwinTellsItsCamera() throws {
    struct Truth: Decodable {
      let points: [[Double]]
      let pixels: [[Double]]
    }
    let truth = try JSONDecoder().decode(
      Truth.self, from: Data(contentsOf: Fixture.url("records/robotwin_camera.json")))
    let source = try open("robotwin")
    let camera = try source.pinhole(of: "head_camera", in: 0)
    for (point, pixel) in zip(truth.points, truth.pixels) {
      let place = try #require(camera.place(of: point, width: 112, height: 112))
      #expect(abs(place.x - pixel[0]) < 1e-9 && abs(place.y - pixel[1]) < 1e-9)
    }
    let data = try Demonstrations(source, options: DemonstrationOptions())
    let hand = try data.observation("endpose.left_endpose.position")
    #expect(hand.quantities == [.position, .position, .position] && hand.givenAwayBy == .robot)
    #expect(try values("endpose.left_endpose.position", .armPosition, source, 0) == Array(original("ee_pos", 0)[..<8]))
  }

  /// Red and blue are exchanged back, but not in the last episode, whose JPEGs are marked; the last row has no action.
  @Test func roboTwinIsReadAsItsOwnPoliciesDo() throws {
    let source = try open("robotwin")
    #expect(source.episodes.map(\.name) == (0..<4).map { "episode\($0)" })
    for (episode, expected) in try expected("robotwin").enumerated() {
      let contents = try source.describe(episode)
      #expect(contents.length == Self.rows - 1)
      #expect(contents.instruction.value == expected.instruction)
      #expect(
        contents.instruction.evidence
          == "the first of 2 sentences under seen in instructions/episode\(episode).json")
      #expect(try sums(source, "head_camera", episode) == Array(expected.frames.dropLast()))
      let states = try states(episode)
      #expect(try values("joint_action", .proprioception, source, episode) == Array(states.dropLast()))
      #expect(try values("joint_action", .action, source, episode) == Array(states.dropFirst()))
      #expect(
        try values("joint_action.gripper", .gripper, source, episode).first == [states[0][6], states[0][13]])
      #expect(contents.values[0].columns[5...6] == ["left_arm[5]", "left_gripper"])
      #expect(contents.names.contains("observation/head_camera/intrinsic_cv (9, 3, 3) numbers"))
    }
    let data = try Demonstrations.open(Fixture.url("datasets/robotwin/data").path, options: .init())
    #expect(
      data.camera.evidence.hasSuffix("JPEGs with red and blue exchanged by their recorder, which is undone"))
    #expect(data.rowLag.evidence.contains("next row"))
  }

  @Test func withoutAnInstructionItIsAskedFor() throws {
    try Fixture.withTemporaryDirectory { folder in
      let path = folder.appending(path: "episode0.hdf5")
      try FileManager.default.copyItem(at: Fixture.url("datasets/robotwin/data/episode0.hdf5"), to: path)
      let source = try DemonstrationFormat.open(path.path)
      #expect(try source.describe(0).lacksInstruction == "an instruction")
      #expect(throws: VLMError.self) { try Demonstrations.open(path.path) }
      var options = DemonstrationOptions()
      options.instruction = "lift the puck"
      let data = try Demonstrations.open(path.path, options: options)
      #expect(data.tasks == ["lift the puck"])
      try Data("{\"seen\": [".utf8).write(to: folder.appending(path: "episode0.json"))
      let error = #expect(throws: VLMError.self) { try source.describe(0) }
      #expect(error?.file?.hasSuffix("episode0.json") == true)
    }
  }

  /// A damaged JPEG is named by its file, camera and row.
  @Test func aDamagedFrameIsNamed() throws {
    try Fixture.withTemporaryDirectory { folder in
      let path = folder.appending(path: "episode_0.hdf5")
      var bytes = [UInt8](try Data(contentsOf: Fixture.url("datasets/aloha_jpeg/episode_0.hdf5")))
      let starts = bytes.indices.dropLast(3).filter {
        bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD8 && bytes[$0 + 2] == 0xFF
      }
      #expect(starts.count == Self.rows)
      for index in starts[4]..<starts[4] + 8 { bytes[index] = 0 }
      try Data(bytes).write(to: path)
      let source = try DemonstrationFormat.open(path.path)
      let camera = try source.describe(0).cameras[0]
      #expect(try source.frames(camera, rows: [3], of: 0).count == 1)
      let error = #expect(throws: VLMError.self) { try source.frames(camera, rows: [3, 4], of: 0) }
      #expect(error?.tensor == "/observations/images/cam_high[4]" && error?.file == path.path)
    }
  }
}
