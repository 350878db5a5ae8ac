internal import Files
internal import Foundation
package import Images
package import Tensors

/// Frames in the order in which an agent sees them: picture files, folders of such, and MP4 videos.
///
///     let frames = try FrameSequence(["run-7/"])
///     try frames.forEach { frame in print(frame.name, frame.image.width) }
///
/// A folder's pictures come in the order of their names, numbers in them by value: `frame_2.png` before `frame_10.png`. Nothing is read
/// before its turn, and of a video some frames are in memory at a time.
package struct FrameSequence: Sendable {
  package struct Frame: Sendable {
    /// The file's path; of a video with the frame's number, `run.mp4:17`.
    package let name: String
    package let image: RGBImage
  }

  private enum Place: Sendable {
    case picture(String)
    /// Numbers of frames among all of the video.
    case video(String, VideoIndex, [Int])
  }

  /// What was passed over, for who wants to know.
  package let notices: [Notice]
  private let places: [Place]
  /// Frames that are decoded at a time.
  private static let decodedTogether = 32
  private static let pictureEndings = [".png", ".jpg", ".jpeg"]
  private static let videoEndings = [".mp4", ".m4v", ".mov"]

  /// Looks up what there is; of a video its tables are read.
  ///
  /// - Parameters:
  ///   - stride: every so many frames of the whole sequence are taken, the first among them.
  ///   - limit: frames at most.
  /// - Throws: `datasets.path.not-found` for what is neither picture, video nor folder of pictures, and what reading a video's tables
  ///   throws.
  package init(_ paths: [String], stride: Int = 1, limit: Int? = nil) throws(VLMError) {
    precondition(stride > 0 && limit ?? 1 > 0)
    var found: [Place] = []
    var notices: [Notice] = []
    for path in paths {
      guard FileManager.default.fileExists(atPath: path) else {
        throw VLMError(
          .datasetNotFound, "is not there", file: path, remedy: NearestNames.suggestion(forPath: path) ?? "check the path")
      }
      if Self.isFolder(path) {
        let (pictures, others) = try Self.pictures(in: path)
        found += pictures.map { .picture($0) }
        if let first = others.first {
          notices.append(
            Notice(
              .note, "\(others.count) files in it are no pictures and are passed over, \(first) first", file: path))
        }
      } else if Self.hasEnding(path, Self.videoEndings) {
        let index = try VideoIndex(path)
        found.append(.video(path, index, Array(index.times.indices)))
      } else if Self.hasEnding(path, Self.pictureEndings) {
        found.append(.picture(path))
      } else {
        throw VLMError(
          .datasetNotFound, "is no picture (PNG, JPEG), no MP4 video and no folder of pictures", file: path,
          remedy: NearestNames.suggestion(forPath: path))
      }
    }
    self.notices = notices
    places = Self.thinned(found, stride, limit)
  }

  /// How many there are.
  package var count: Int { places.reduce(0) { $0 + Self.count($1) } }

  /// Characters of the longest name.
  package var nameWidth: Int {
    places.map { place in
      switch place {
      case .picture(let path): path.count
      case .video(let path, _, let wanted): "\(path):\(wanted.last ?? 0)".count
      }
    }.max() ?? 0
  }

  /// Calls `body` with each frame in turn.
  ///
  /// - Throws: what `body` throws, and what reading and decoding throw.
  package func forEach(_ body: (Frame) throws -> Void) throws {
    for place in places {
      switch place {
      case .picture(let path): try body(Frame(name: path, image: RGBImage(contentsOf: path)))
      case .video(let path, let index, let wanted):
        for start in Swift.stride(from: 0, to: wanted.count, by: Self.decodedTogether) {
          let part = Array(wanted[start..<min(start + Self.decodedTogether, wanted.count)])
          var images: [RGBImage] = []
          try VideoDecoder.frames(part, of: path, index) { (bytes) throws(VLMError) in
            images.append(RGBImage(width: index.width, height: index.height, pixels: Array(bytes)))
          }
          for (number, image) in zip(part, images) { try body(Frame(name: "\(path):\(number)", image: image)) }
        }
      }
    }
  }

  private static let isFolder: @Sendable (String) -> Bool = { path in
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func hasEnding(_ path: String, _ endings: [String]) -> Bool {
    let name = path.lowercased()
    return endings.contains(where: name.hasSuffix)
  }

  private static func pictures(in folder: String) throws(VLMError) -> (pictures: [String], others: [String]) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
    } catch {
      throw VLMError(.datasetNotFound, "cannot be listed", file: folder, cause: error)
    }
    let pictures = names.filter { hasEnding($0, pictureEndings) }
    guard !pictures.isEmpty else {
      throw VLMError(
        .datasetNotFound, "there are no pictures (PNG, JPEG) in this folder", file: folder,
        remedy: names.contains { hasEnding($0, videoEndings) } ? "name the videos in it" : nil)
    }
    let others = names.filter { !hasEnding($0, pictureEndings) }.sorted()
    return (pictures.sorted(by: isBefore).map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }, others)
  }

  /// Numbers in names by value; equal ones, as 7 and 07, by their letters.
  private static func isBefore(_ one: String, _ other: String) -> Bool {
    switch one.compare(other, options: .numeric) {
    case .orderedAscending: true
    case .orderedDescending: false
    case .orderedSame: one < other
    }
  }

  private static func count(_ place: Place) -> Int {
    if case .video(_, _, let wanted) = place { wanted.count } else { 1 }
  }

  private static func thinned(_ places: [Place], _ stride: Int, _ limit: Int?) -> [Place] {
    var (position, left) = (0, limit ?? .max)
    return places.compactMap { place in
      let count = count(place)
      let first = (stride - position % stride) % stride
      position += count
      let taken = Array(Swift.stride(from: first, to: count, by: stride).prefix(left))
      left -= taken.count
      guard !taken.isEmpty else { return nil }
      if case .video(let path, let index, let wanted) = place { return .video(path, index, taken.map { wanted[$0] }) }
      return place
    }
  }
}
