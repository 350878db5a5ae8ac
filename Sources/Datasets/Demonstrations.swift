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
  package let imageKey: String
  package let imageHeight: Int
  package let imageWidth: Int
  package let orientation: ImageOrientation
  package let rowLag: RowLag
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
    var found: [Layout] = []
    for (index, file) in files.enumerated() {
      found += try Layout.all(in: file, index: index, options: options)
    }
    guard !found.isEmpty else {
      throw VLMError(
        .datasetEmpty, "there is no demonstration in it", file: path, remedy: "check the path and the mask")
    }
    let key = try Self.chooseImageKey(found[0], files[found[0].file], options)
    let shape = try Self.imageExtents(key, found, files)
    let lag: RowLag
    if let rows = options.rowLag {
      lag = RowLag(rows: rows, evidence: "set by the user")
    } else {
      lag = try Self.lag(found, files, key)
    }
    let tasks = Set(found.map(\.instruction)).sorted()
    if let limit = options.episodesPerTask {
      var taken: [String: Int] = [:]
      found = found.filter { layout in
        taken[layout.instruction, default: 0] += 1
        return taken[layout.instruction]! <= limit
      }
    }
    let limit = options.framesPerEpisode ?? max(4, options.frameBudget / found.count)
    var episodes: [Episode] = []
    for layout in found {
      let rows = FrameSelection.rows(
        available: layout.length - lag.rows, stride: options.stride, limit: limit)
      guard !rows.isEmpty else {
        throw VLMError(
          .datasetEmpty, "\(layout.length) rows, none of which has a following action",
          file: files[layout.file].path, tensor: layout.group,
          remedy: "leave it out with a mask, or check --lag \(lag.rows)")
      }
      episodes.append(
        Episode(
          file: layout.file, group: layout.group, task: tasks.firstIndex(of: layout.instruction)!,
          length: layout.length, rows: rows))
    }
    self.path = path
    self.files = files
    self.episodes = episodes
    self.tasks = tasks
    imageKey = key
    imageHeight = shape.height
    imageWidth = shape.width
    orientation = options.orientation
    rowLag = lag
    observationKeys = try Self.sharedKeys(found, files)
  }

  private static func chooseImageKey(
    _ layout: Layout, _ file: any ArrayFile, _ options: DemonstrationOptions
  ) throws(VLMError) -> String {
    var candidates: [String] = []
    for key in layout.observations where try file.facts(of: "\(layout.group)/obs/\(key)")?.isImages == true {
      candidates.append(key)
    }
    if let wanted = options.imageKey {
      if candidates.contains(wanted) { return wanted }
    } else if let key = ["agentview_rgb", "agentview_image"].first(where: candidates.contains)
      ?? candidates.first
    {
      return key
    }
    let missing = options.imageKey.map { "there are no frames (T, H, W, 3) of bytes named \($0)" }
    let near = options.imageKey.flatMap { NearestNames.suggestion(for: $0, among: candidates) }
    throw VLMError(
      .datasetKeyMissing, missing ?? "there are no frames (T, H, W, 3) of bytes", file: file.path,
      tensor: "\(layout.group)/obs",
      remedy: (near.map { $0 + "; " } ?? "") + (candidates.isEmpty
        ? "it holds \(list(layout.observations))" : "frames in it: \(list(candidates))"))
  }

  private static func imageExtents(
    _ key: String, _ layouts: [Layout], _ files: [any ArrayFile]
  ) throws(VLMError) -> (height: Int, width: Int) {
    var shape: (height: Int, width: Int)?
    for layout in layouts {
      let name = "\(layout.group)/obs/\(key)"
      let file = files[layout.file]
      guard let facts = try file.facts(of: name), facts.isImages, facts.extents[1] > 0, facts.extents[2] > 0
      else {
        throw VLMError(
          .datasetKeyMissing, "there are no frames of that name here, unlike in the first demonstration",
          file: file.path, tensor: name, remedy: "it holds \(list(layout.observations))")
      }
      guard facts.rows == layout.length else {
        throw VLMError(
          .datasetLength, "\(facts.rows) frames, but \(layout.length) actions", file: file.path, tensor: name,
          remedy: "the demonstration is cut short; record it again or leave it out with a mask")
      }
      let extents = (height: facts.extents[1], width: facts.extents[2])
      if let shape, shape != extents {
        throw VLMError(
          .datasetInconsistent,
          "frames are \(extents.height) x \(extents.width), in the first demonstration \(shape.height) x \(shape.width)",
          file: file.path, tensor: name, remedy: "probe the files of one size at a time")
      }
      shape = extents
    }
    return shape ?? (1, 1)
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
    _ layouts: [Layout], _ files: [any ArrayFile], _ imageKey: String
  ) throws(VLMError) -> RowLag {
    // Eight demonstrations, spread over all of them, are plenty to decide.
    let chosen = FrameSelection.rows(available: layouts.count, stride: 1, limit: 8).map { layouts[$0] }
    var traces: [RowLag.Trace] = []
    for layout in chosen { traces.append(try layout.trace(in: files[layout.file])) }
    return RowLag.detect(traces, fallback: imageKey.hasSuffix("_rgb") ? 1 : 0)
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
