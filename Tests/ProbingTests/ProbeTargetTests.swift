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
      source: "states", isProprioceptive: false)
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
    #expect(try ProbeTarget.named("obs/ee_pos").title == "obs/ee_pos")
  }

  @Test(arguments: ["griper", "obs/", "", "position"]) func unknownIdsAreRefused(id: String) throws {
    let error = #expect(throws: VLMError.self) { try ProbeTarget.named(id) }
    #expect(error?.code == .probeTargetUnusable)
    #expect(
      error?.remedy?.hasSuffix("use ee-position, gripper, next-action, ee-rotation, task or obs/KEY") == true)
    #expect(error?.remedy?.contains("did you mean \"gripper\"?") == (id == "griper"))
  }

  /// Each has a row for every frame, and the data tell which of them the robot's own state gives away.
  @Test(arguments: ProbeTarget.all.filter { !$0.onRequest }.map(\.id) + ["obs/joint_states"])
  func valuesStandForFrames(id: String) throws {
    let data = try Self.data()
    let target = try ProbeTarget.named(id)
    let resolved = try ResolvedTarget(target, target.source(data))
    #expect(resolved.values.rows == data.frameCount && resolved.values.columns == resolved.columns.count)
    #expect(resolved.isProprioceptive == (id != "next-action"))
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
        }, source: position.source, isProprioceptive: true)
    }
    let data = try Self.data()
    let resolved = try ResolvedTarget(reach, reach.source(data))
    #expect(resolved.values.rows == data.frameCount && resolved.columns == ["distance"])
  }
}
