import Foundation
import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Against MuJoCo; see fixtures/oracle/make_scenes.py.
@Suite struct RecordedSceneTests {
  private struct Truth: Decodable {
    let nq: Int
    let nv: Int
    let episodes: [[[String: [Double]]]]
  }

  private static let path = Fixture.url("scenes/kitchen.hdf5").path
  private static let every = DemonstrationOptions(frameBudget: 10_000)

  private static func data() throws -> Demonstrations { try Demonstrations.open(path, options: every) }

  private static func truth() throws -> Truth {
    try JSONDecoder().decode(Truth.self, from: Data(contentsOf: Fixture.url("scenes/kitchen.json")))
  }

  private static func names(_ values: FrameValues) -> [String] {
    var names: [String] = []
    for column in values.columns.map({ String($0.prefix { $0 != "." }) }) where names.last != column {
      names.append(column)
    }
    return names
  }

  @Test func theRecordingConforms() throws {
    try DemonstrationSourceConformance.check(DemonstrationFormat.open(Self.path))
  }

  /// Whether the model stands as it was written or as it was compiled.
  @Test func everyNumberIsWhereMuJoCoHasIt() throws {
    let scene = try RecordedScene(Self.data())
    let truth = try Self.truth()
    let rows = truth.episodes.flatMap { $0 }
    #expect(Set(scene.things.map(\.name)) == Set(rows[0].keys) && scene.partial.isEmpty)
    for thing in scene.things {
      let expected = rows.flatMap { $0[thing.name]! }
      #expect(thing.values.values.count == expected.count)
      let worst = zip(thing.values.values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst < 1e-9, "\(thing.name): \(worst)")
    }
    #expect(
      scene.fixed.isSuperset(of: ["goal", "cabinet", "target", "grip"]) && !scene.fixed.contains("cup"))
    #expect(
      scene.things.filter { $0.values.givenAwayBy == .robot }.map(\.name) == [
        "robot0_joint1", "robot0_joint2", "gripper0_finger",
      ])
  }

  @Test func posesAreOfWhatMoves() throws {
    let poses = try Self.data().objectPoses()
    #expect(Self.names(poses) == ["cup", "bowl"] && poses.columns.count == 18 && poses.source == "states")
    #expect(poses.note == "left out, since they never move: plate")
    #expect(poses.quantities == (0..<18).map { $0 % 9 < 3 ? .position : .rotation })
  }

  @Test func relationsAreToTheHandAndToOtherThings() throws {
    let data = try Self.data()
    let relations = try data.objectRelations()
    #expect(
      Self.names(relations) == [
        "cup - end effector", "bowl - end effector", "plate - end effector", "bowl - cup", "plate - cup",
        "plate - bowl",
      ])
    let rows = try Self.truth().episodes.flatMap { $0 }
    for frame in rows.indices {
      let (cup, bowl) = (rows[frame]["cup"]!, rows[frame]["bowl"]!)
      let found = relations.row(frame).dropFirst(9).prefix(2)
      #expect(zip(found, zip(bowl, cup)).allSatisfy { abs($0 - ($1.0 - $1.1)) < 1e-9 })
    }
    let hand = try data.endEffectorPosition()
    let distance = try data.contactDistance()
    for frame in rows.indices {
      let nearest = ["cup", "bowl", "plate"].map { name in
        zip(rows[frame][name]!, hand.row(frame)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }.min()!
      #expect(abs(distance.values[frame] - nearest) < 1e-9)
    }
  }

  @Test func oneIsReachedByItsName() throws {
    let data = try Self.data()
    #expect(try data.sceneValue("door_hinge").quantities == [.angle])
    #expect(try data.sceneValue("upper_drawer").quantities == [.length])
    #expect(try data.sceneValue("lamp_ball").columns.count == 6)
    #expect(try data.sceneValue("plate").isStill)
    func failure(_ name: String) -> VLMError? { #expect(throws: VLMError.self) { try data.sceneValue(name) } }
    #expect(failure("goal")?.message == "goal has no joint, so that it never moves and no state holds it")
    #expect(failure("cap")?.remedy?.hasPrefix("did you mean \"cup\"?") == true)
  }

  /// The shipped scenes name neither bodies nor joints, but observe two places.
  @Test func observedPlacesStandIn() throws {
    let data = try Demonstrations.open(
      Fixture.url("demonstrations").path, options: DemonstrationOptions(framesPerEpisode: 3))
    let poses = try data.objectPoses()
    #expect(Self.names(poses).isEmpty == false && poses.source == "obs/goal_pos, obs/object_pos")
    #expect(
      poses.note?.contains("model_file") == true && poses.note?.contains("include of metaworld/") == true)
    let relations = try data.objectRelations()
    #expect(relations.columns.count == 9 && relations.source == "obs/goal_pos, obs/ee_pos, obs/object_pos")
    #expect(try data.contactDistance().values.allSatisfy { $0 > 0 && $0 < 2 })
  }

  @Test func whatDoesNotFitIsRefusedWithItsPlace() throws {
    func failure(_ change: (inout MemoryArrayFile) -> Void) throws -> VLMError? {
      var file = MemoryArrayFile(lengths: [4, 4], lag: 0)
      change(&file)
      let data = try DemonstrationsTests.open(file)
      return #expect(throws: VLMError.self) { try data.objectPoses() }
    }
    func model(_ text: String) -> (inout MemoryArrayFile) -> Void {
      { file in for demo in 0..<2 { file.attributes["/data/demo_\(demo)@model_file"] = text } }
    }
    let missing = try failure { _ in }
    #expect(
      missing?.code == .datasetScene && missing?.tensor == "/data/demo_0@model_file" && missing?.file != nil)
    let broken = try failure(model("<mujoco><worldbody>"))
    #expect(
      broken?.code.rawValue == "files.xml.syntax" && broken?.tensor == "/data/demo_0@model_file"
        && broken?.remedy != nil)
    let wide = try failure(
      model("<mujoco><worldbody><body name='a'><freejoint/></body></worldbody></mujoco>"))
    #expect(wide?.message == "time, qpos and qvel of the model are 14 numbers, a row of states has 3")
    let arm = try failure(
      model("<mujoco><worldbody><body name='a'><joint name='b'/></body></worldbody></mujoco>"))
    #expect(arm?.message == "no body but the robot's is free to move" && arm?.remedy?.contains(": b") == true)
    for (text, said) in [
      ("<robot/>", "the outermost element is robot, not mujoco"),
      (
        "<mujoco><include file='x.xml'/></mujoco>",
        "it has an element include of x.xml, so that not all of the model is in it"
      ),
      (
        "<mujoco><worldbody><body><joint type='screw'/></body></worldbody></mujoco>",
        "a joint is of type screw, which MuJoCo does not have"
      ),
    ] {
      let error = try failure(model(text))
      #expect(error?.code == .datasetScene && error?.message == said)
    }
  }
}
