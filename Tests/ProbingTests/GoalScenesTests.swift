import Datasets
import Foundation
import Mapping
import Runtime
import TestSupport
import Testing

/// Scenes in which only the instruction tells the goal, and the small model that follows it (make_goals.py,
/// make_follower.py).
@Suite struct GoalScenesTests {
  private static let colours = ["red", "green", "blue"]

  private static func instruction(_ colour: String) -> String { "move the gripper to the \(colour) ball" }

  private static func demonstrations(episodesPerTask: Int? = nil) throws -> Demonstrations {
    try .open(
      Fixture.url("goals").path, options: .init(framesPerEpisode: 4, episodesPerTask: episodesPerTask))
  }

  @Test func theGoalIsTheBallThatIsNamed() throws {
    let recorded = try Self.demonstrations()
    #expect(recorded.episodes.count == 180 && recorded.rowLag.rows == 1)
    #expect(Set(recorded.tasks) == Set(Self.colours.map(Self.instruction)))
    let goal = try recorded.observation("goal_pos")
    let balls = try Self.colours.map { try recorded.observation("\($0)_ball_pos") }
    for (frame, episode) in recorded.episodeOfFrame.enumerated() {
      let task = recorded.tasks[recorded.episodes[episode].task]
      let named = Self.colours.filter { task == Self.instruction($0) }
      let there = Self.colours.indices.filter { balls[$0].row(frame) == goal.row(frame) }
      #expect(there.map { Self.colours[$0] } == named)
    }
  }

  /// Of one picture, each instruction brings out another ball's square of the table; the simulator knows where each lies.
  @Test func theInstructionChoosesTheBall() throws {
    let recorded = try Self.demonstrations(episodesPerTask: 2)
    let model = try VisionLanguageModel(MappedCheckpoint.open(Fixture.url("follower-vlm").path))
    let balls = try Self.colours.map { try recorded.observation("\($0)_ball_pos") }
    var (frame, asked, right) = (0, 0, 0)
    for episode in recorded.episodes {
      for image in try recorded.images(of: episode) {
        for (colour, ball) in zip(Self.colours, balls) {
          let said = try model.generate(Self.instruction(colour), images: [image]).text
          asked += 1
          if Self.square(said, isAt: Array(ball.row(frame))) { right += 1 }
        }
        frame += 1
      }
    }
    #expect(asked == 72 && right >= 68, "\(right) of \(asked)")
  }

  /// Whether "kd from cf" begins with the square of `place` (metres from the table's middle) or one beside it: column from
  /// the left and row from the front, a to p, four centimetres each.
  private static func square(_ said: String, isAt place: [Double]) -> Bool {
    let letters = said.utf8.prefix { $0 != UInt8(ascii: " ") }
    return letters.count == 2
      && zip(letters, place).allSatisfy { letter, metres in
        abs(Int(letter) - Int(UInt8(ascii: "a")) - Int((metres / 0.04).rounded(.down)) - 8) <= 1
      }
  }
}
