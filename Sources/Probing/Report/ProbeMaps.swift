public import Runtime

/// Where in the picture a target can be read: from the tokens of one cell of a module's output at a time.
public struct ProbeMaps: Encodable, Sendable, Equatable {
  /// What part of a frame the cells lie over together; `nil` where that is not known, and maps are not to be laid over frames.
  public var view: PictureView?
  /// A map for each target and each module's output that is a grid.
  public var maps: [Map]
  package var examples: [Example]

  package init(view: PictureView?, maps: [Map], examples: [Example]) {
    self.view = view
    self.maps = maps
    self.examples = examples
  }

  /// What every cell tells of one target.
  public struct Map: Encodable, Sendable, Equatable {
    /// Name of the target.
    public var target: String
    /// The module.
    public var module: ProbeModule
    /// Name of its output's stage.
    public var stage: String
    /// Cells from top to bottom, and as many from left to right.
    public var side: Int
    /// R2 out of fold, cell by cell, rows from the top.
    public var r2: [Double]

    package init(target: String, module: ProbeModule, stage: String, side: Int, r2: [Double]) {
      self.target = target
      self.module = module
      self.stage = stage
      self.side = side
      self.r2 = r2
    }
  }

  /// A frame to lay maps over, upright, and made smaller where it is large.
  package struct Example: Codable, Sendable, Equatable {
    /// Its place among the episodes in use, from 0.
    package var episode: Int
    /// Row of the recording.
    package var row: Int
    package var picture: ProbeThumbnail

    package init(episode: Int, row: Int, picture: ProbeThumbnail) {
      self.episode = episode
      self.row = row
      self.picture = picture
    }
  }
}
