/// How well one target is read when fewer episodes are there to train on; all are tested.
public struct ProbeLearningCurve: Encodable, Sendable, Equatable {
  /// Name of the target.
  public var target: String
  /// From whose output on it is read; `nil` for fixed features of the frames.
  public var module: ProbeModule?
  /// Ascending, the last with all episodes.
  public var points: [Point]
  /// What all episodes read more than half of them do; `nil` where half are too few to train on.
  public var gain: Gain?

  package init(target: String, module: ProbeModule?, points: [Point], gain: Gain? = nil) {
    self.target = target
    self.module = module
    self.points = points
    self.gain = gain
  }

  /// A number of episodes.
  public struct Point: Encodable, Sendable, Equatable {
    /// Trained on for one outer fold, on average.
    public var episodes: Double
    /// R2 out of fold.
    public var r2: Double
    /// Its standard error, over episodes.
    public var spread: Double

    package init(episodes: Double, r2: Double, spread: Double) {
      self.episodes = episodes
      self.r2 = r2
      self.spread = spread
    }
  }

  /// A difference of R2.
  public struct Gain: Encodable, Sendable, Equatable {
    /// All episodes less half of them.
    public var value: Double
    /// Its standard error, over episodes.
    public var spread: Double

    package init(value: Double, spread: Double) {
      self.value = value
      self.spread = spread
    }

    /// Whether twice as many episodes surely read more.
    package var isSure: Bool { value > 2 * spread }
  }
}
