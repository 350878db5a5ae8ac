import Datasets
import Probing
import Statistics
import Testing

@Suite struct ControlTaskTests {
  private static let tasks = (0..<24).map { $0 % 4 }
  private static let episodeOfFrame = (0..<24).flatMap { [$0, $0, $0] }
  private static let parts = ControlTask.parts(
    initial: Matrix(24, 1, (0..<24).map { Double($0 * 7 % 24) }), tasks: tasks)

  private static func control(of id: String, columns: Int, seed: UInt64 = 1) throws -> ControlTask {
    // Classes in turn, numbers that grow.
    let target = try ProbeTarget.named(id)
    let values = (0..<72).flatMap { frame in
      (0..<columns).map { target.score == .classes ? (frame % columns == $0 ? 1.0 : 0) : Double(frame + $0) }
    }
    return ControlTask(
      of: ResolvedTarget(
        target, columns: (0..<columns).map { "c\($0)" }, values: Matrix(72, columns, values)), parts: parts,
      episodeOfFrame: episodeOfFrame, seed: seed)
  }

  @Test func everyTaskIsPartedInTwo() {
    #expect(Set(Self.parts).count == 8)
    for part in Set(Self.parts) { #expect(Self.parts.count { $0 == part } == 3) }
  }

  @Test(arguments: [("ee-position", 3), ("next-action", 7), ("obs/x", 1)]) func numbersHaveTheTargetsShape(
    id: String, columns: Int
  ) throws {
    let control = try Self.control(of: id, columns: columns)
    #expect(control.labels.columns == columns && control.labels.rows == 72 && control.classes == nil)
    let rows = (0..<72).map { Array(control.labels.row($0)) }
    #expect(Set(rows).count == 8)
    for frame in rows.indices {
      let other = rows.indices.first {
        Self.parts[Self.episodeOfFrame[$0]] == Self.parts[Self.episodeOfFrame[frame]]
      }!
      #expect(rows[frame] == rows[other])
    }
  }

  @Test func classesAreAsManyAsTheTargets() throws {
    let control = try Self.control(of: "task", columns: 4)
    let classes = try #require(control.classes)
    #expect(classes.count == 4 && Set(classes.ofFrame) == [0, 1, 2, 3])
    for (frame, place) in classes.ofFrame.enumerated() {
      #expect((0..<4).map { control.labels[frame, $0] } == (0..<4).map { $0 == place ? 1 : 0 })
    }
    let opening = try Self.control(of: "gripper", columns: 2)
    #expect(opening.classes.map { Set($0.ofFrame) } == [0, 1] && Set(opening.labels.values).count == 16)
  }

  @Test func eachTargetHasLabelsOfItsOwn() throws {
    let first = try Self.control(of: "obs/a", columns: 2)
    #expect(try Self.control(of: "obs/a", columns: 2).labels == first.labels)
    #expect(try Self.control(of: "obs/b", columns: 2).labels != first.labels)
    #expect(try Self.control(of: "obs/a", columns: 2, seed: 2).labels != first.labels)
  }
}
