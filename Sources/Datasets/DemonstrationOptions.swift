/// What to take from demonstration files.
public struct DemonstrationOptions: Sendable, Equatable {
  /// Data set below `obs/` that holds the frames; by default the only (T, H, W, 3) bytes, `agentview_rgb` or
  /// `agentview_image`.
  public var camera: String?
  /// How frames are stored; by default as the files say.
  public var orientation: ImageOrientation?
  /// Rows by which `states` and `actions` run ahead of the images; found out from the data by default.
  public var rowLag: Int?
  /// Name below `/mask` whose demonstrations are taken (robomimic's `train`, `valid`, …).
  public var mask: String?
  /// Demonstrations to leave out: `demo_3` of every file, or `FILE:demo_3` of one.
  public var excluded: [String]
  /// Every how many rows a frame is taken.
  public var stride: Int
  /// Frames of one episode at most, spread evenly over it.
  public var framesPerEpisode: Int?
  /// Frames of all episodes together, roughly: sets `framesPerEpisode` (at least 4) when that is not given.
  public var frameBudget: Int
  /// Episodes of one task at most, the first by number.
  public var episodesPerTask: Int?

  public init(
    camera: String? = nil, orientation: ImageOrientation? = nil, rowLag: Int? = nil,
    mask: String? = nil, excluded: [String] = [], stride: Int = 1, framesPerEpisode: Int? = nil,
    frameBudget: Int = 800, episodesPerTask: Int? = nil
  ) {
    self.camera = camera
    self.orientation = orientation
    self.rowLag = rowLag
    self.mask = mask
    self.excluded = excluded
    self.stride = stride
    self.framesPerEpisode = framesPerEpisode
    self.frameBudget = frameBudget
    self.episodesPerTask = episodesPerTask
  }
}
