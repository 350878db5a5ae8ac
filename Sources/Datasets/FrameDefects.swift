package import Images
package import Tensors

/// Frames that show nothing, found as frames are read: pictures of one colour, and episodes of one picture.
package struct FrameDefects: Sendable {
  /// A camera that does not see: all frames in use of an episode are one picture, or each is of one colour.
  private struct Dead: Sendable {
    let episode: Episode
    let frames: Int
    let what: String
  }

  private var dead: [Dead] = []
  private var episodes = 0
  private var all = Likeness()
  private var firstBlank: (episode: Episode, row: Int)?
  /// The episode that has not all its frames yet.
  private var unfinished = Likeness()

  package init() {}

  /// What all of some frames are, where that shows nothing: `of a single colour 0 0 0`, `the same picture`; else `nil`.
  static func showsNothing(_ images: [RGBImage]) -> String? {
    var likeness = Likeness()
    for image in images { likeness.add(image) }
    return likeness.showsNothing
  }

  /// Looks at the next frames in use of an episode: all of them, or some after the others.
  package mutating func add(_ images: [RGBImage], of episode: Episode) {
    for image in images {
      all.add(image)
      if unfinished.add(image), firstBlank == nil {
        firstBlank = (episode, episode.rows[unfinished.count - 1])
      }
    }
    guard unfinished.count == episode.rows.count else { return }
    // An image that stands for itself is one of many.
    if episode.length > 1, let what = unfinished.showsNothing {
      dead.append(Dead(episode: episode, frames: unfinished.count, what: what))
    }
    episodes += 1
    unfinished = Likeness()
  }

  /// Whether `check` throws already.
  package var hasDeadEpisode: Bool { !dead.isEmpty }

  /// Throws `datasets.camera.dead` for the first episode in which the camera of `demonstrations` sees nothing.
  package func check(_ demonstrations: Demonstrations) throws(VLMError) {
    let camera = demonstrations.camera.value
    let others =
      demonstrations.otherCameras.isEmpty
      ? "" : "choose another camera with --camera (\(list(demonstrations.otherCameras))), or "
    if let found = dead.first {
      let more = dead.count > 1 ? "; so it is in \(dead.count) of \(episodes) demonstrations" : ""
      throw VLMError(
        .datasetDeadCamera, "all \(found.frames) frames used are \(found.what)\(more)",
        file: demonstrations.files[found.episode.file],
        tensor: "\(found.episode.contents.place)/\(camera)",
        remedy: others + found.episode.recorded.leaveOut)
    }
    if all.count > 1, all.areAlike || all.blank == all.count {
      throw VLMError(
        .datasetDeadCamera,
        "all \(all.count) frames used, of every demonstration, are \(all.areAlike ? "the same picture" : "of a single colour")",
        file: demonstrations.path, tensor: camera, remedy: others + "record the demonstrations again"
      )
    }
  }

  /// Pictures of one colour among others that are not.
  package func note(_ demonstrations: Demonstrations) -> String? {
    firstBlank.map { first in
      "\(all.blank) of \(all.count) frames are of a single colour, the first in row \(first.row) of "
        + "\(demonstrations.files[first.episode.file]): \(first.episode.place)."
    }
  }

  /// What pictures that come one after another have in common.
  private struct Likeness: Sendable {
    private(set) var count = 0
    /// Those of one colour.
    private(set) var blank = 0
    private(set) var areAlike = true
    private var first: RGBImage?

    /// - Returns: whether the picture is of one colour.
    @discardableResult mutating func add(_ image: RGBImage) -> Bool {
      let isBlank = Self.onlyColour(image) != nil
      areAlike = areAlike && first.map { $0.pixels == image.pixels } ?? true
      first = first ?? image
      count += 1
      blank += isBlank ? 1 : 0
      return isBlank
    }

    /// As `FrameDefects.showsNothing`.
    var showsNothing: String? {
      guard let first else { return nil }
      if blank == count, let colour = Self.onlyColour(first) {
        return "of a single colour" + (areAlike ? " \(colour.map(String.init).joined(separator: " "))" : "")
      }
      return areAlike && count > 1 ? "the same picture" : nil
    }

    private static func onlyColour(_ image: RGBImage) -> [UInt8]? {
      image.pixels.withUnsafeBufferPointer { pixels in
        guard pixels.count >= 3 else { return nil }
        for index in 3..<max(pixels.count, 3) where pixels[index] != pixels[index - 3] { return nil }
        return Array(pixels.prefix(3))
      }
    }
  }
}

extension Demonstrations {
  /// A look at some frames, which costs little: at the first and the last in use of episodes spread over all of `episodes`.
  ///
  /// - Parameters:
  ///   - episodes: places in `self.episodes`.
  ///   - limit: episodes that are looked at.
  /// - Returns: whether those of one episode, or all of them, show nothing, so that `FrameDefects.check` is likely to throw.
  package func seemBlind(in episodes: Range<Int>, lookingAt limit: Int = 16) throws(VLMError) -> Bool {
    let places = FrameSelection.rows(available: episodes.count, stride: 1, limit: limit).map {
      episodes.lowerBound + $0
    }
    let seen = try Parallel.map(places.count) { (index) throws(VLMError) in
      let episode = self.episodes[places[index]]
      return try images(of: episode, rows: Set([episode.rows.first!, episode.rows.last!]).sorted())
    }
    for (place, images) in zip(places, seen) where self.episodes[place].length > 1 {
      if FrameDefects.showsNothing(images) != nil { return true }
    }
    return FrameDefects.showsNothing(seen.flatMap(\.self)) != nil
  }
}
