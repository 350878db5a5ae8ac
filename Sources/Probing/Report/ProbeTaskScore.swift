public import Statistics

/// How well a target is read in the episodes of one task, out of fold, about the task's own mean.
public struct ProbeTaskScore: Encodable, Sendable, Equatable {
  /// Name of the target.
  public var target: String
  /// The task's instruction.
  public var task: String
  /// Its episodes.
  public var episodes: Int
  /// R2 of fixed features of the frames; `nil` where the target hardly varies within the task, and for classes.
  public var frames: Double?
  /// What is left from each module's output on.
  public var exits: [Exit]
  /// The last exit's R2 less that of the other tasks together; `nil` where either cannot be said.
  public var difference: Double?
  /// Of `difference`, simultaneous over all tasks and targets.
  public var interval: Interval?

  package init(
    target: String, task: String, episodes: Int, frames: Double? = nil, exits: [Exit],
    difference: Double? = nil,
    interval: Interval? = nil
  ) {
    self.target = target
    self.task = task
    self.episodes = episodes
    self.frames = frames
    self.exits = exits
    self.difference = difference
    self.interval = interval
  }

  /// What is read from a module's output on.
  public struct Exit: Encodable, Sendable, Equatable {
    /// The module.
    public var module: ProbeModule
    /// Of the best, by the inner folds, of the kernels that losses are found with; `nil` as `frames`.
    public var r2: Double?
    /// Share of frames whose class is read right, by the linear readout of this output alone.
    public var accuracy: Double?

    package init(module: ProbeModule, r2: Double? = nil, accuracy: Double? = nil) {
      self.module = module
      self.r2 = r2
      self.accuracy = accuracy
    }
  }

  /// Tasks of fewer episodes tell nothing by themselves.
  package static let leastEpisodes = 5

  /// Whether the task is read worse than the others by more than `margin`, surely.
  package func isWorse(by margin: Double) -> Bool { interval.map { $0.upper < -margin } ?? false }
}
