internal import Checkpoints
internal import Foundation
package import Images
package import Tensors

/// Features of an encoder over frames, from the cache when they are there.
package struct FeatureCache: Sendable {
  /// Where cached features are kept.
  package enum Place: Sendable, Equatable {
    /// `$XDG_CACHE_HOME/vlmtool/features`, else `~/.cache/vlmtool/features`.
    case standard
    case directory(String)
    /// Nothing is kept.
    case none
  }

  package let place: Place
  package init(_ place: Place) { self.place = place }

  /// What came of a request.
  package struct Outcome: Sendable {
    package let features: any FeatureSource
    package let fromCache: Bool
    /// Something the user should know, such as a cache that was made anew.
    package let note: String?
  }

  /// The frames of a data set, episode by episode, so that few are in memory at once.
  package struct Frames: Sendable {
    package let count: Int
    package let episodes: Int
    package let images: @Sendable (_ episode: Int) throws -> [RGBImage]

    package init(count: Int, episodes: Int, images: @escaping @Sendable (Int) throws -> [RGBImage]) {
      self.count = count
      self.episodes = episodes
      self.images = images
    }
  }

  /// - Parameters:
  ///   - key: parts that decide the features: hashes of checkpoint and images, settings.
  ///   - encoder: called only when the features are not cached.
  package func features(
    key parts: [String], frames: Frames, gridSide: Int, activity: String, progress: ProgressHandler?,
    encoder: () throws -> any ProbedEncoder
  ) throws -> Outcome {
    let text = ([FeatureFile.format] + parts).joined(separator: "\n")
    let key = Array(text.utf8).withUnsafeBytes { SHA256.hash(of: $0) }
    guard let directory = directory else {
      let path = FileManager.default.temporaryDirectory.appending(path: "vlmtool-\(UUID().uuidString).h5")
        .path
      let features = try compute(
        path, key, frames, gridSide, activity, progress, encoder(), isTemporary: true)
      return Outcome(features: features, fromCache: false, note: nil)
    }
    let path = directory + "/\(key).h5"
    var note: String?
    if FileManager.default.fileExists(atPath: path) {
      do {
        return Outcome(
          features: try FeatureFile(path, key: key, frames: frames.count), fromCache: true, note: nil)
      } catch {
        note = "The cached features were damaged and have been made anew: \(error)"
      }
    }
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw VLMError(
        .probeCacheUnwritable, "the folder for cached features cannot be made", file: directory,
        remedy: "name another with --cache, or use --no-cache", cause: error)
    }
    let features = try compute(path, key, frames, gridSide, activity, progress, encoder(), isTemporary: false)
    return Outcome(features: features, fromCache: false, note: note)
  }

  private var directory: String? {
    switch place {
    case .none: return nil
    case .directory(let path): return path
    case .standard:
      let environment = ProcessInfo.processInfo.environment
      // The XDG specification has relative values ignored.
      let base = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      return (base ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache") + "/vlmtool/features"
    }
  }

  private func compute(
    _ path: String, _ key: String, _ frames: Frames, _ gridSide: Int, _ activity: String,
    _ progress: ProgressHandler?, _ encoder: any ProbedEncoder, isTemporary: Bool
  ) throws -> FeatureFile {
    // Written beside and renamed, so that two runs at once do not meet in one file.
    let own = path + ".\(ProcessInfo.processInfo.processIdentifier)"
    let writer = try FeatureFileWriter(own, key: key, frames: frames.count)
    var done = 0
    for episode in 0..<frames.episodes {
      let images = try frames.images(episode)
      for start in stride(from: 0, to: images.count, by: Self.batch) {
        let batch = Array(images[start..<min(start + Self.batch, images.count)])
        try writer.append(try encoder.encode(batch, gridSide: gridSide), names: encoder.stages)
        done += batch.count
        progress?(ProgressReport(activity: activity, completed: done, total: frames.count, unit: .images))
      }
    }
    try writer.finish()
    guard rename(own, path) == 0 else {
      throw VLMError(
        .probeCacheUnwritable, "the finished features cannot be moved into place", file: path,
        remedy: "name another folder with --cache, or use --no-cache")
    }
    return try FeatureFile(path, key: key, frames: frames.count, isTemporary: isTemporary)
  }

  /// Images encoded at once.
  private static let batch = 8
}
