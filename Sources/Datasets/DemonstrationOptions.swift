/// What to take from demonstration files.
public struct DemonstrationOptions: Sendable, Equatable {
  /// Data set below `obs/` that holds the frames; by default the first of `agentview_rgb`, `agentview_image` and any
  /// other (T, H, W, 3) bytes.
  public var imageKey: String?
  public var orientation: ImageOrientation
  /// Rows by which `states` and `actions` run ahead of the images; found out from the data by default.
  public var rowLag: Int?
  /// Name below `/mask` whose demonstrations are taken (robomimic's `train`, `valid`, …).
  public var mask: String?
  /// Every how many rows a frame is taken.
  public var stride: Int
  /// Frames of one episode at most, spread evenly over it.
  public var framesPerEpisode: Int?
  /// Frames of all episodes together, roughly: sets `framesPerEpisode` (at least 4) when that is not given.
  public var frameBudget: Int
  /// Episodes of one task at most, the first by number.
  public var episodesPerTask: Int?

  public init(
    imageKey: String? = nil, orientation: ImageOrientation = .asStored, rowLag: Int? = nil,
    mask: String? = nil,
    stride: Int = 1, framesPerEpisode: Int? = nil, frameBudget: Int = 800, episodesPerTask: Int? = nil
  ) {
    self.imageKey = imageKey
    self.orientation = orientation
    self.rowLag = rowLag
    self.mask = mask
    self.stride = stride
    self.framesPerEpisode = framesPerEpisode
    self.frameBudget = frameBudget
    self.episodesPerTask = episodesPerTask
  }
}
