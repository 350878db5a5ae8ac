/// The demonstrations as they were read.
package struct ProbeDataFacts: Codable, Sendable, Equatable {
  package var path: String
  package var files: [String]
  package var episodes: Int
  package var frames: Int
  /// Frames in the files, before stride and limits.
  package var framesAvailable: Int
  package var tasks: [Task]
  /// Data set below `obs/` with the frames, and why this one.
  package var imageKey: String
  package var imageKeyEvidence: String
  package var imageHeight: Int
  package var imageWidth: Int
  /// How frames are stored (`as-stored`: upright), and what says so.
  package var orientation: String
  package var orientationEvidence: String
  /// Rows by which `states` and `actions` run ahead of the images: 1 in LIBERO's own files, 0 in robomimic's.
  package var rowLag: Int
  /// What decided the lag.
  package var rowLagEvidence: String
  /// How the frames in use were picked.
  package var frameSelection: String
  /// Where instructions stand, the most used first.
  package var instructionSources: [String]
  /// Demonstrations without something that is needed.
  package var leftOut: [LeftOut]
  /// Data sets that make up the oracle state; empty when none is recorded.
  package var oracleSources: [String]
  package var oracleWidth: Int
  /// SHA-256 over the images used, in order, after orientation; `nil` until all have been read.
  package var imagesSHA256: String?

  package init(
    path: String, files: [String], episodes: Int, frames: Int, framesAvailable: Int, tasks: [Task],
    imageKey: String, imageKeyEvidence: String, imageHeight: Int, imageWidth: Int, orientation: String,
    orientationEvidence: String, rowLag: Int, rowLagEvidence: String, frameSelection: String,
    instructionSources: [String], leftOut: [LeftOut] = [], oracleSources: [String], oracleWidth: Int,
    imagesSHA256: String?
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

  package struct Task: Codable, Sendable, Equatable {
    package var instruction: String
    package var episodes: Int
    package var frames: Int

    package init(instruction: String, episodes: Int, frames: Int) {
      self.instruction = instruction
      self.episodes = episodes
      self.frames = frames
    }
  }
  /// A demonstration that is not used.
  package struct LeftOut: Codable, Sendable, Equatable {
    package var file: String
    package var demonstration: String
    /// What it lacks.
    package var lacks: String

    package init(file: String, demonstration: String, lacks: String) {
      self.file = file
      self.demonstration = demonstration
      self.lacks = lacks
    }
  }
}
