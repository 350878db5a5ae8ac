internal import Foundation
package import Tensors

/// Recorded demonstrations: episodes of frames with instructions, states and actions.
///
///     let demonstrations = try Demonstrations.open("libero_spatial/", options: DemonstrationOptions())
///     let images = try demonstrations.images(of: demonstrations.episodes[0])
///     let position = try demonstrations.values(.endEffectorPosition)      // [frames, 3]
///
/// Opening reads layout and a little of the data (to find the row lag); frames are read when asked for.
package struct Demonstrations: Sendable {
  package let path: String
  package let files: [any ArrayFile]
  package let episodes: [Episode]
  /// Distinct instructions, sorted.
  package let tasks: [String]
  /// Data set below `obs/` with the frames.
  package let camera: Chosen<String>
  /// Other frames there are.
  package let otherCameras: [String]
  package let imageHeight: Int
  package let imageWidth: Int
  package let orientation: Chosen<ImageOrientation>
  /// Whether the orientation is neither recorded nor set.
  package let orientationIsAssumed: Bool
  package let rowLag: RowLag
  /// How the frames in use were picked.
  package let frameSelection: String
  /// Where instructions stand, the most used first.
  package let instructionSources: [String]
  /// Demonstrations that were not taken because something is missing in them.
  package let leftOut: [LeftOut]
  /// Numeric data sets below `obs/` that every episode has with one width, sorted.
  package let observationKeys: [String]

  package var frameCount: Int { episodes.reduce(0) { $0 + $1.rows.count } }
  /// Rows in the files, whether used or not.
  package var rowCount: Int { episodes.reduce(0) { $0 + $1.length } }
  /// Index of the episode of every frame.
  package var episodeOfFrame: [Int] {
    episodes.indices.flatMap { [Int](repeating: $0, count: episodes[$0].rows.count) }
  }

  /// Reads the layout of `files` in the given order.
  ///
  /// - Throws: `datasets.*` errors naming file and array when demonstrations are missing, empty, or do not fit together.
  package init(files: [any ArrayFile], path: String, options: DemonstrationOptions) throws(VLMError) {
    try options.validate()
    let selection = try DemonstrationSelection(files, path: path, options: options)
    var found = selection.layouts
    let camera = try Camera(found, files, wanted: options.camera)
    let used = Set(found.map(\.file)).sorted().map { files[$0] }
    let recorded = try RecordedOrientation(used)
    orientation = try recorded.choose(options.orientation, camera: camera.key.value)
    let lag = try Self.lag(found, files, camera.key.value, wanted: options.rowLag)
    let tasks = Set(found.map(\.instruction.value)).sorted()
    if let limit = options.episodesPerTask {
      var taken: [String: Int] = [:]
      found = found.filter { layout in
        taken[layout.instruction.value, default: 0] += 1
        return taken[layout.instruction.value]! <= limit
      }
    }
    let limit = options.framesPerEpisode ?? max(4, options.frameBudget / found.count)
    let taskIndices = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1, $0) })
    var episodes: [Episode] = []
    for layout in found {
      let rows = FrameSelection.rows(
        available: layout.length - lag.rows, stride: options.stride, limit: limit)
      guard !rows.isEmpty else {
        throw VLMError(
          .datasetEmpty, "\(layout.length) rows, none of which has a following action",
          file: files[layout.file].path, tensor: layout.group,
          remedy: "check --lag \(lag.rows), or \(layout.leaveOut)")
      }
      episodes.append(
        Episode(
          file: layout.file, group: layout.group, task: taskIndices[layout.instruction.value]!,
          length: layout.length, rows: rows))
    }
    self.path = path
    self.files = files
    self.episodes = episodes
    self.tasks = tasks
    self.camera = camera.key
    otherCameras = camera.others
    imageHeight = camera.height
    imageWidth = camera.width
    orientationIsAssumed = recorded.isSilent && options.orientation == nil
    rowLag = lag
    let every = options.stride == 1 ? "every row" : "every \(options.stride) rows"
    let isThinned = found.contains { ($0.length - lag.rows - 1) / options.stride + 1 > limit }
    frameSelection = every + (isThinned ? ", thinned evenly to \(limit) of an episode" : "")
    let sources = Dictionary(grouping: found.map(\.instruction.evidence), by: \.self).mapValues(\.count)
    instructionSources = sources.keys.sorted { (-sources[$0]!, $0) < (-sources[$1]!, $1) }
    leftOut = selection.leftOut
    observationKeys = try Self.sharedKeys(found, files)
  }

  private static func sharedKeys(_ layouts: [Layout], _ files: [any ArrayFile]) throws(VLMError) -> [String] {
    var widths: [String: Int] = [:]
    for (index, layout) in layouts.enumerated() {
      var here: [String: Int] = [:]
      for key in layout.observations {
        guard let facts = try files[layout.file].facts(of: "\(layout.group)/obs/\(key)"), facts.isVectors,
          facts.width > 0
        else { continue }
        here[key] = facts.width
      }
      widths = index == 0 ? here : widths.filter { here[$0.key] == $0.value }
    }
    return widths.keys.sorted()
  }

  private static func lag(
    _ layouts: [Layout], _ files: [any ArrayFile], _ imageKey: String, wanted: Int?
  ) throws(VLMError) -> RowLag {
    // Eight demonstrations, spread over all of them, are plenty to decide.
    let chosen = FrameSelection.rows(available: layouts.count, stride: 1, limit: 8).map { layouts[$0] }
    var traces: [RowLag.Trace] = []
    for layout in chosen { traces.append(try layout.trace(in: files[layout.file])) }
    return RowLag.detect(traces, wanted: wanted, fallback: imageKey.hasSuffix("_rgb") ? 1 : 0)
  }
}

/// Names for a message, at most twelve.
func list(_ names: [String]) -> String {
  guard !names.isEmpty else { return "nothing" }
  return names.sorted().prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
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
    try check((0...1).contains(rowLag ?? 0), "a row lag of \(rowLag ?? 0); it is 0 or 1")
  }
}
