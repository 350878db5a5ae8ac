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
  private var blank: (count: Int, first: (episode: Episode, row: Int)?) = (0, nil)
  private var episodes = 0
  private var frames = 0
  private var first: RGBImage?
  private var allAlike = true

  package init() {}

  /// What all of some frames are, where that shows nothing: `of a single colour 0 0 0`, `the same picture`; else `nil`.
  static func showsNothing(_ images: [RGBImage]) -> String? {
    guard let first = images.first else { return nil }
    let areAlike = images.dropFirst().allSatisfy { $0.pixels == first.pixels }
    if let colour = onlyColour(first), images.allSatisfy({ onlyColour($0) != nil }) {
      return "of a single colour" + (areAlike ? " \(colour.map(String.init).joined(separator: " "))" : "")
    }
    return areAlike && images.count > 1 ? "the same picture" : nil
  }

  /// Looks at the frames of one episode.
  package mutating func add(_ images: [RGBImage], of episode: Episode) {
    first = first ?? images.first
    allAlike = allAlike && images.allSatisfy { $0.pixels == first?.pixels }
    episodes += 1
    frames += images.count
    // An image that stands for itself is one of many.
    if episode.length > 1, let what = Self.showsNothing(images) {
      dead.append(Dead(episode: episode, frames: images.count, what: what))
      return
    }
    let blanks = images.indices.filter { Self.onlyColour(images[$0]) != nil }
    if let index = blanks.first {
      blank.count += blanks.count
      blank.first = blank.first ?? (episode, episode.rows[index])
    }
  }

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
    if frames > 1, allAlike || blank.count == frames {
      throw VLMError(
        .datasetDeadCamera, "all \(frames) frames used, of every demonstration, are \(allAlike ? "the same picture" : "of a single colour")",
        file: demonstrations.path, tensor: camera, remedy: others + "record the demonstrations again"
      )
    }
  }

  /// Pictures of one colour among others that are not.
  package func note(_ demonstrations: Demonstrations) -> String? {
    blank.first.map { first in
      "\(blank.count) of \(frames) frames are of a single colour, the first in row \(first.row) of "
        + "\(demonstrations.files[first.episode.file]): \(first.episode.place)."
    }
  }

  private static func onlyColour(_ image: RGBImage) -> [UInt8]? {
    image.pixels.withUnsafeBufferPointer { pixels in
      guard pixels.count >= 3 else { return nil }
      for index in 3..<max(pixels.count, 3) where pixels[index] != pixels[index - 3] { return nil }
      return Array(pixels.prefix(3))
    }
  }
}
