/// The demonstrations as they were read.
public struct ProbeDataFacts: Codable, Sendable, Equatable {
  public var path: String
  public var files: [String]
  public var episodes: Int
  public var frames: Int
  /// Frames in the files, before stride and limits.
  public var framesAvailable: Int
  public var tasks: [Task]
  /// Data set below `obs/` with the frames, and why this one.
  public var imageKey: String
  public var imageKeyEvidence: String
  public var imageHeight: Int
  public var imageWidth: Int
  /// How frames are stored (`as-stored`: upright), and what says so.
  public var orientation: String
  public var orientationEvidence: String
  /// Rows by which `states` and `actions` run ahead of the images: 1 in LIBERO's own files, 0 in robomimic's.
  public var rowLag: Int
  /// What decided the lag.
  public var rowLagEvidence: String
  /// How the frames in use were picked.
  public var frameSelection: String
  /// Where instructions stand, the most used first.
  public var instructionSources: [String]
  /// Demonstrations without something that is needed.
  public var leftOut: [LeftOut]
  /// Data sets that make up the oracle state; empty when none is recorded.
  public var oracleSources: [String]
  public var oracleWidth: Int
  /// SHA-256 over the images used, in order, after orientation.
  public var imagesSHA256: String

  package init(
    path: String, files: [String], episodes: Int, frames: Int, framesAvailable: Int, tasks: [Task],
    imageKey: String, imageKeyEvidence: String, imageHeight: Int, imageWidth: Int, orientation: String,
    orientationEvidence: String, rowLag: Int, rowLagEvidence: String, frameSelection: String,
    instructionSources: [String], leftOut: [LeftOut] = [], oracleSources: [String], oracleWidth: Int,
    imagesSHA256: String
  ) {
    self.path = path
    self.files = files
    self.episodes = episodes
    self.frames = frames
    self.framesAvailable = framesAvailable
    self.tasks = tasks
    self.imageKey = imageKey
    self.imageKeyEvidence = imageKeyEvidence
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.orientation = orientation
    self.orientationEvidence = orientationEvidence
    self.rowLag = rowLag
    self.rowLagEvidence = rowLagEvidence
    self.frameSelection = frameSelection
    self.instructionSources = instructionSources
    self.leftOut = leftOut
    self.oracleSources = oracleSources
    self.oracleWidth = oracleWidth
    self.imagesSHA256 = imagesSHA256
  }

  public struct Task: Codable, Sendable, Equatable {
    public var instruction: String
    public var episodes: Int
    public var frames: Int

    package init(instruction: String, episodes: Int, frames: Int) {
      self.instruction = instruction
      self.episodes = episodes
      self.frames = frames
    }
  }
  /// A demonstration that is not used.
  public struct LeftOut: Codable, Sendable, Equatable {
    public var file: String
    public var demonstration: String
    /// What it lacks.
    public var lacks: String

    package init(file: String, demonstration: String, lacks: String) {
      self.file = file
      self.demonstration = demonstration
      self.lacks = lacks
    }
  }
}
