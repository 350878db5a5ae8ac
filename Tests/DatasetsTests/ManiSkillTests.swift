import Datasets
import Files
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// fixtures/oracle/make_maniskill.py has h5py write shipped demonstrations as ManiSkill does.
@Suite struct ManiSkillTests {
  private static let tasks = ["lift_the_puck_to_the_blue_ball", "push_the_puck_to_the_green_ball"]
  private static let rows = 9

  private static func original(_ episode: Int) throws -> Demonstrations {
    var options = DemonstrationOptions(framesPerEpisode: 1000)
    options.included = ["demo_\(episode % 2)"]
    return try Demonstrations.open(
      Fixture.url("demonstrations/\(tasks[episode / 2])_demo.hdf5").path, options: options)
  }

  @Test func valuesAndFramesAreTheSame() throws {
    let data = try Demonstrations.open(
      Fixture.url("datasets/maniskill").path, options: DemonstrationOptions(framesPerEpisode: 1000))
    #expect(data.episodes.map(\.recorded.name) == ["traj_0", "traj_1", "traj_0", "traj_1"])
    #expect(data.tasks == ["lift puck to blue ball", "push puck to green ball"])
    #expect(data.rowLag.rows == 0 && data.camera.value == "base_camera")
    #expect(data.instructionSources == Self.tasks.map { "the environment's name in \($0).json" })
    for episode in 0..<4 {
      let original = try Self.original(episode)
      func same(_ mine: FrameValues, _ its: FrameValues, within tolerance: Double = 0) {
        for row in 0..<Self.rows {
          let values = mine.row(episode * Self.rows + row)
          #expect(zip(values, its.row(row)).allSatisfy { abs($0 - $1) <= tolerance })
        }
      }
      same(try data.endEffectorPosition(), try original.endEffectorPosition())
      same(try data.observation("agent.qpos"), try original.observation("joint_states"))
      same(try data.observation("extra.goal_pos"), try original.observation("goal_pos"))
      // By a quaternion of f64, and as f32.
      same(try data.endEffectorRotation(), try original.endEffectorRotation(), within: 1e-12)
      same(try data.nextAction(), try original.nextAction(), within: 1e-6)
      let frames = try original.images(of: original.episodes[0]).prefix(Self.rows)
      #expect(
        try data.images(of: data.episodes[episode])
          == frames.map { $0.window(left: 32, top: 32, width: 48, height: 48) })
    }
    let contents = data.episodes[0].contents
    let state = try #require(contents.values.first { $0.role == .simulatorState })
    #expect(state.width == 20 && state.columns[0] == "puck[0]" && state.columns[13] == "panda[0]")
    #expect(contents.names.contains { $0.hasPrefix("traj_0/obs/sensor_data/base_camera/depth") })
  }

  @Test func withoutObservationsItIsSaidHowToGetThem() throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "trajectory.h5").path
      let writer = try HDF5Writer(file)
      try writer.write([0, 1, 2, 3] as [Double], to: "/traj_0/actions", shape: [2, 2])
      try writer.commit()
      let error = #expect(throws: VLMError.self) { try Demonstrations.open(file) }
      #expect(error?.code == .datasetKeyMissing && error?.remedy?.contains("replay_trajectory") == true)
    }
  }
}
