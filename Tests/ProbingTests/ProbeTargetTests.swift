import Datasets
import Foundation
import Probing
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct ProbeTargetTests {
  private static func data() throws -> Demonstrations {
    try Demonstrations.open(
      Fixture.url("datasets/libero_upside_down.hdf5").path, options: DemonstrationOptions(framesPerEpisode: 5)
    )
  }

  /// What rests in a simulator jitters far below what f32 tells apart; what is small and moves, moves.
  @Test func whatOnlyJittersIsConstant() {
    let values = FrameValues(
      columns: ["resting", "moving", "small"],
      values: [0.8, 1, 1e-9, 0.8 + 1e-12, 1.001, 2e-9, 0.8 - 1e-12, 1, 0],
      source: "states")
    let matrix = Matrix(values)
    #expect(Set((0..<3).map { matrix[$0, 0] }).count == 1)
    #expect(
      (0..<3).map { matrix[$0, 1] } == [1, 1.001, 1] && (0..<3).map { matrix[$0, 2] } == [1e-9, 2e-9, 0])
  }

  @Test func idsAreToldApart() throws {
    #expect(Set(ProbeTarget.all.map(\.id)).count == ProbeTarget.all.count)
    for target in ProbeTarget.all {
      #expect(try ProbeTarget.named(target.id).title == target.title)
      #expect(
        !target.title.isEmpty && !target.id.hasPrefix("obs/") && ProbeTarget.choices.contains(target.id))
    }
    for id in ["obs/ee_pos", "state/door"] { #expect(try ProbeTarget.named(id).title == id) }
  }

  @Test(arguments: ["griper", "obs/", "state/", "", "position"]) func unknownIdsAreRefused(id: String) throws
  {
    let error = #expect(throws: VLMError.self) { try ProbeTarget.named(id) }
    #expect(error?.code == .probeTargetUnusable)
    #expect(
      error?.remedy?.hasSuffix(
        "use ee-position, gripper, next-action, ee-rotation, task, action-chunk, object-poses, object-relations, "
          + "contact-distance, progress, obs/KEY or state/NAME") == true)
    #expect(error?.remedy?.contains("did you mean \"gripper\"?") == (id == "griper"))
  }

  /// Each has a row for every frame, and the data tell which of them the robot's own state gives away.
  @Test(arguments: ProbeTarget.all.filter { !$0.onRequest }.map(\.id) + ["obs/joint_states"])
  func valuesStandForFrames(id: String) throws {
    let data = try Self.data()
    let target = try ProbeTarget.named(id)
    let resolved = try ResolvedTarget(target, target.source(data))
    #expect(resolved.values.rows == data.frameCount && resolved.values.columns == resolved.columns.count)
    #expect(resolved.baseline == (id == "next-action" ? .all : .withoutRobot))
  }

  /// The cup and the bowl stand in the world, what is between them does not; the plate never moves.
  @Test func pointsAreKnownByWhatTheyAre() throws {
    let data = try Demonstrations.open(
      Fixture.url("scenes/kitchen.hdf5").path, options: DemonstrationOptions(frameBudget: 10_000))
    func points(_ id: String) throws -> ResolvedTarget {
      let target = try ProbeTarget.named(id)
      return try ResolvedTarget(target, target.source(data))
    }
    let poses = try points("object-poses")
    #expect(
      poses.points.map(\.names) == [["cup.x", "cup.y", "cup.z"], ["bowl.x", "bowl.y", "bowl.z"]]
        && poses.points.allSatisfy(\.isInWorld))
    let relations = try points("object-relations").points
    #expect(relations.count == 6 && !relations.contains(where: \.isInWorld))
    #expect(try points("ee-position").points.map(\.coordinates) == [[.column(0), .column(1), .column(2)]])
    #expect(try points("gripper").points.isEmpty && points("next-action").points.isEmpty)
    let bowl = try #require(poses.points.last)
    let scene = try data.sceneValue("bowl")
    for frame in 0..<data.frameCount {
      #expect(bowl.place { poses.values[frame, $0] } == Array(scene.row(frame).prefix(3)))
    }
  }

  /// Each of the eight is the next action so many rows later, the last one held.
  @Test func chunksHoldTheLastAction() throws {
    let data = try Demonstrations.open(
      Fixture.url("datasets/libero_upside_down.hdf5").path, options: DemonstrationOptions(frameBudget: 10_000)
    )
    let (next, chunk) = (try data.nextAction(), try data.actionChunk(8))
    #expect(chunk.columns.count == 8 * next.columns.count && chunk.columns.prefix(8).last == "dx +1")
    var (frame, held) = (0, 0)
    for episode in data.episodes {
      for row in episode.rows.indices {
        held += row + 8 > episode.rows.count ? 1 : 0
        for step in 0..<8 {
          let later = next.row(frame - row + min(row + step, episode.rows.count - 1))
          let width = next.columns.count
          #expect(Array(chunk.row(frame).dropFirst(step * width).prefix(width)) == Array(later))
        }
        frame += 1
      }
    }
    #expect(
      chunk.note
        == "in \(held) of \(frame) frames the episode ends within 8 actions, and its last one is held")
  }

  /// Time gives it away, so that its baseline is without.
  @Test func progressGrowsFromStartToEnd() throws {
    let data = try Self.data()
    let resolved = try ResolvedTarget(.named("progress"), ProbeTarget.named("progress").source(data))
    #expect(resolved.baseline == .withoutTime && resolved.errors.map(\.unit) == [.shareOfRange])
    #expect(Array(resolved.values.column(0).prefix(5)) == resolved.values.column(0).prefix(5).sorted())
  }

  @Test func tasksAreClassesWhereThereAreSeveral() throws {
    let task = try ProbeTarget.named("task")
    let error = #expect(throws: VLMError.self) { try task.source(try Self.data()) }
    #expect(error?.code == .datasetKeyMissing)
    let data = try Demonstrations.open(
      Fixture.url("demonstrations").path, options: DemonstrationOptions(framesPerEpisode: 2))
    let resolved = try ResolvedTarget(task, task.source(data))
    #expect(resolved.columns == data.tasks)
    #expect(resolved.classes?.count == 10)
    #expect(resolved.classes?.ofFrame == data.episodeOfFrame.map { data.episodes[$0].task })
  }

  /// Two fingers that part are open; jitter about either end is not a change of class.
  @Test func fingersAreOpenOrClosed() {
    let openings = [0, 0.1, 0, 1, 0.9, 1]
    let fingers = Matrix(6, 2, openings.flatMap { [0.04 * $0, -0.04 * $0] })
    let target = ResolvedTarget(
      ProbeTarget("fingers", "fingers", score: .openClosed) { data throws(VLMError) in try data.gripper() },
      columns: ["left", "right"], values: fingers)
    #expect(target.classes?.ofFrame == [0, 0, 0, 1, 1, 1])
  }

  /// An addition is one value, made of whatever the demonstrations hold.
  @Test func anotherOneIsAValue() throws {
    let reach = ProbeTarget("reach", "distance from the base") { data throws(VLMError) in
      let position = try data.endEffectorPosition()
      return FrameValues(
        columns: ["distance"],
        values: (0..<position.frameCount).map { frame in
          position.row(frame).reduce(0) { $0 + $1 * $1 }.squareRoot()
        }, source: position.source, givenAwayBy: .robot)
    }
    let data = try Self.data()
    let resolved = try ResolvedTarget(reach, reach.source(data))
    #expect(resolved.values.rows == data.frameCount && resolved.columns == ["distance"])
  }
}
