package import Tensors

/// What is used of recorded demonstrations: episodes of upright frames with instructions, states and actions.
///
///     let demonstrations = try Demonstrations.open("libero_spatial/", options: DemonstrationOptions())
///     let images = try demonstrations.images(of: demonstrations.episodes[0])
///     let position = try demonstrations.endEffectorPosition()      // [frames, 3]
///
/// Knows no format: any `DemonstrationSource` will do. Opening reads descriptions and a little of the data (to find the
/// row lag); frames are read when asked for.
package struct Demonstrations: Sendable {
  package let path: String
  package let files: [String]
  package let episodes: [Episode]
  /// Distinct instructions, sorted.
  package let tasks: [String]
  /// The camera whose frames are used.
  package let camera: Chosen<String>
  /// The same by itself, or those that stand side by side.
  package let cameras: [CameraInUse]
  /// Other cameras there are.
  package let otherCameras: [String]
  package let imageHeight: Int
  package let imageWidth: Int
  package let orientation: Chosen<ImageOrientation>
  /// What the files say of it themselves, whatever was set; without that, what was chosen.
  let recordedOrientation: ImageOrientation
  /// Whether the orientation is neither recorded nor set.
  package let orientationIsAssumed: Bool
  package let rowLag: RowLag
  /// How the frames in use were picked.
  package let frameSelection: String
  /// Where instructions stand, the most used first.
  package let instructionSources: [String]
  /// Demonstrations that were not taken because something is missing in them.
  package let leftOut: [LeftOut]
  /// Names of numeric observations that every episode has with one width, sorted.
  package let observationKeys: [String]
  /// Frames upright, rows aligned.
  let source: AlignedSource

  /// Whether they are images, each by itself, without actions, instructions and time.
  package var isOfImages: Bool { source.isOfImages }
  /// Why nobody is told anything in them; `nil` where somebody is.
  package var silence: VLMError? {
    guard isOfImages, tasks.allSatisfy(\.isEmpty) else { return nil }
    return VLMError(
      .datasetKeyMissing, "images come with no instruction", file: path,
      remedy: "say what the model is told with --instruction")
  }

  package var frameCount: Int { episodes.reduce(0) { $0 + $1.rows.count } }
  /// Rows in the files, whether used or not.
  package var rowCount: Int { episodes.reduce(0) { $0 + $1.length } }
  /// The group of every episode: those that were cut from one run of the robot have one.
  package var groups: [Int] {
    var known: [String: Int] = [:]
    return episodes.enumerated().map { place, episode in
      guard let group = episode.recorded.group else { return place }
      let first = known["\(episode.file):\(group)"] ?? place
      known["\(episode.file):\(group)"] = first
      return first
    }
  }
  /// Index of the episode of every frame.
  package var episodeOfFrame: [Int] {
    episodes.indices.flatMap { [Int](repeating: $0, count: episodes[$0].rows.count) }
  }

  /// Opens a file or a folder in any of `DemonstrationFormat.all`.
  ///
  /// - Throws: the errors of `DemonstrationFormat.open` and of `init`.
  package static func open(
    _ path: String, options: DemonstrationOptions = DemonstrationOptions()
  ) throws(VLMError) -> Demonstrations {
    try Demonstrations(
      DemonstrationFormat.open(path, reading: DemonstrationReading(options)), options: options)
  }

  /// - Throws: `datasets.*` errors naming file and array when demonstrations are missing, empty, or do not fit together.
  package init(_ source: any DemonstrationSource, options: DemonstrationOptions) throws(VLMError) {
    try options.validate()
    var source: any DemonstrationSource =
      options.exchangesRedAndBlue ? RedAndBlueExchanged(base: source) : source
    var selection = try DemonstrationSelection(source, options: options)
    let camera: Camera
    (camera, cameras) = try Camera.choose(&selection, of: &source, options)
    let recorded = try source.orientation(of: camera.name.value, in: selection.episodes.map(\.index))
    orientation = try recorded.choose(cameras.count > 1 ? nil : options.orientation)
    recordedOrientation = recorded.stated ?? orientation.value
    orientationIsAssumed = recorded.isSilent && options.orientation == nil
    let lag = try RowLag(selection, of: source, camera: camera.name.value, wanted: options.rowLag)
    selection.limit(toEpisodesOfTask: options.episodesPerTask)
    // At least four of an episode, of an image one.
    let least = min(4, selection.episodes.map(\.contents.length).max() ?? 4)
    let count =
      options.framesPerEpisode == nil ? selection.thin(to: max(20, options.frameBudget / least)) : nil
    let limit = options.framesPerEpisode ?? max(4, options.frameBudget / selection.episodes.count)
    if options.skipsDamaged {
      try selection.removeDamaged(source, camera: camera.name.value) { contents in
        let rows = FrameSelection.rows(
          available: contents.length - lag.rows, stride: options.stride, limit: limit)
        return rows.filter { $0 < contents.length }
      }
      guard !selection.episodes.isEmpty else {
        throw VLMError(
          .datasetEmpty, "no demonstration can be read", file: source.path,
          remedy: "without --skip-damaged the first error is shown")
      }
    }
    let tasks = Set(selection.episodes.map(\.contents.instruction.value)).sorted()
    let taskIndices = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1, $0) })
    var episodes: [Episode] = []
    for (index, contents) in selection.episodes {
      let episode = source.episodes[index]
      let rows = FrameSelection.rows(
        available: contents.length - lag.rows, stride: options.stride, limit: limit)
      guard !rows.isEmpty else {
        throw VLMError(
          .datasetEmpty, "\(contents.length) rows, none of which has a following action",
          file: source.files[episode.file], tensor: episode.place,
          remedy: "check --lag \(lag.rows), or \(episode.leaveOut)")
      }
      episodes.append(
        Episode(
          index: index, recorded: episode, contents: contents, task: taskIndices[contents.instruction.value]!,
          rows: rows))
    }
    path = source.path
    files = source.files
    self.source = AlignedSource(UprightSource(source, stored: orientation.value), lag: lag.rows)
    self.episodes = episodes
    self.tasks = tasks
    self.camera = camera.name
    otherCameras = camera.others
    imageHeight = camera.height
    imageWidth = camera.width
    rowLag = lag
    let every = options.stride == 1 ? "every row" : "every \(options.stride) rows"
    let isThinned = episodes.contains { ($0.length - lag.rows - 1) / options.stride + 1 > limit }
    frameSelection =
      source.sampling ?? every + (isThinned ? ", thinned evenly to \(limit) of an episode" : "")
      + (count.map { $0 > episodes.count } == true
        ? ", in \(episodes.count) of \(count!) episodes, evenly of each task" : "")
    let sources = Dictionary(grouping: episodes.map(\.contents.instruction.evidence), by: \.self)
      .mapValues(\.count)
    instructionSources = sources.keys.sorted { (-sources[$0]!, $0) < (-sources[$1]!, $1) }
    leftOut = selection.leftOut
    observationKeys = selection.sharedObservations
  }
}

/// Names for a message, at most twelve.
func list(_ names: [String]) -> String {
  guard !names.isEmpty else { return "nothing" }
  return names.sorted().prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
}
