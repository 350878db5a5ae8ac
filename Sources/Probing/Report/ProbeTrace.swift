/// A position along one episode, out of fold: as it was, and as it is read.
public struct ProbeTrace: Encodable, Sendable, Equatable {
  /// Name of the target.
  public var target: String
  /// The episode's place among those in use, from 0: of all the one whose error is the middle one.
  public var episode: Int
  /// The task's instruction.
  public var task: String
  /// `x`, `y`, `z` (`puck.x`, `goal_pos[0]` and so on), as far as they change.
  public var columns: [String]
  /// The recorded position, a list of columns a frame.
  public var truth: [[Double]]
  /// The same from fixed features of the frames.
  public var frames: [[Double]]
  /// From the last module's output.
  public var model: [[Double]]

  package init(
    target: String, episode: Int, task: String, columns: [String], truth: [[Double]], frames: [[Double]],
    model: [[Double]]
  ) {
    self.target = target
    self.episode = episode
    self.task = task
    self.columns = columns
    self.truth = truth
    self.frames = frames
    self.model = model
  }
}
