internal import Tensors

/// What to take from demonstration files.
public struct DemonstrationOptions: Sendable, Equatable {
  /// The camera whose frames are used, or several side by side, `head+wrist`; by default the only one, or the workspace's by its name.
  public var camera: String?
  /// How frames are stored; by default as the files say.
  public var orientation: ImageOrientation?
  /// Whether red and blue stand in each other's place, as where a recorder gave OpenCV the wrong order; no file says so.
  public var exchangesRedAndBlue = false
  /// Rows by which `states` and `actions` run ahead of the images; found out from the data by default.
  public var rowLag: Int?
  /// Name of a part of the recording that is taken (robomimic's masks `train`, `valid`, …).
  public var mask: String?
  /// Demonstrations to leave out: `demo_3` of every file, or `FILE:demo_3` of one.
  public var excluded: [String]
  /// The only demonstrations to take: named as in `excluded`, or counted from 0 as the recording lists them, `7` or `0:50`
  /// (without the last, as in Python). Empty for all.
  public var included: [String] = []
  /// The only tasks to take: instructions, or words that are in one instruction only. Empty for all.
  public var tasks: [String] = []
  /// What the robot is told in all demonstrations, whatever the recording says.
  public var instruction: String?
  /// The field with the actions, of recordings with several; RLDS and LeRobot.
  public var actionField: String?
  /// The field with the instruction, of recordings with several; RLDS.
  public var instructionField: String?
  /// Whether demonstrations that cannot be read are left out, not refused. All that is used is then read twice.
  public var skipsDamaged = false
  /// Every how many rows a frame is taken.
  public var stride: Int
  /// Frames of one episode at most, spread evenly over it.
  public var framesPerEpisode: Int?
  /// Frames of all episodes together, roughly: sets `framesPerEpisode` (at least 4) when that is not given, and takes fewer episodes,
  /// evenly of each task, where 4 of each would be more.
  public var frameBudget: Int
  /// Episodes of one task at most, the first by number.
  public var episodesPerTask: Int?

  /// By default 800 frames of all episodes, as the files say.
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

extension DemonstrationOptions {
  func validate() throws(VLMError) {
    func check(_ good: Bool, _ message: String) throws(VLMError) {
      if !good { throw VLMError(.datasetOption, message) }
    }
    try check(stride >= 1, "the frame stride is \(stride); it must be at least 1")
    try check(
      framesPerEpisode ?? 1 >= 1, "\(framesPerEpisode ?? 0) frames an episode; there must be at least 1")
    try check(episodesPerTask ?? 1 >= 1, "\(episodesPerTask ?? 0) episodes a task; there must be at least 1")
    try check(frameBudget >= 1, "a budget of \(frameBudget) frames; there must be at least 1")
    try check(instruction?.contains(where: \.isLetter) ?? true, "an instruction without a word")
    try check((0...1).contains(rowLag ?? 0), "a row lag of \(rowLag ?? 0); it is 0 or 1")
  }
}
