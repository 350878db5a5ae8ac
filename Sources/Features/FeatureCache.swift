internal import Files
internal import Foundation
package import Runtime
package import Tensors

/// Features of an encoder over frames, from the cache when they are there.
public struct FeatureCache: Sendable {
  /// Where cached features are kept.
  public enum Place: Sendable, Equatable {
    /// The user's cache, which may take so many bytes.
    case standard(limit: Int)
    /// A directory that is there or can be made.
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
    /// What was removed for it, beyond the limit or left by runs that were killed.
    package let removed: [FeatureStore.Entry]
  }

  /// The frames of a data set, episode by episode, so that few are in memory at once.
  package struct Frames: Sendable {
    package let count: Int
    package let episodes: Int
    package let samples: @Sendable (_ episode: Int) throws -> [Sample]

    package init(count: Int, episodes: Int, samples: @escaping @Sendable (Int) throws -> [Sample]) {
      self.count = count
      self.episodes = episodes
      self.samples = samples
    }
  }

  /// - Parameters:
  ///   - key: parts that decide the features: hashes of checkpoint and images, settings.
  ///   - label: what the features are of, for people.
  ///   - later: what comes after them, in frames, told the number of stages and the seconds that a frame takes.
  ///   - model: called only when the features are not cached.
  package func features(
    key parts: [String], label: String, frames: Frames, gridSide: Int, activity: String,
    progress: ProgressHandler?,
    later: @escaping (_ stages: Int, _ secondsPerFrame: Double) -> Double = { _, _ in 0 },
    model: () throws -> any ProbedModel
  ) throws -> Outcome {
    let key = Self.key(parts)
    guard let store else {
      let path = FileManager.default.temporaryDirectory.appending(path: "vlmtool-\(UUID().uuidString).h5")
        .path
      try compute(path, key, label, frames, gridSide, activity, progress, later, model())
      // Open, it outlives its name, and nothing is left however this process ends.
      defer { unlink(path) }
      let features = try FeatureFile(path, key: key, frames: frames.count)
      return Outcome(features: features, fromCache: false, note: nil, removed: [])
    }
    let path = store.path(ofKey: key)
    var note: String?
    if FileManager.default.fileExists(atPath: path) {
      do {
        let features = try FeatureFile(path, key: key, frames: frames.count)
        store.touch(key: key)
        return Outcome(features: features, fromCache: true, note: nil, removed: [])
      } catch {
        note = "The cached features were damaged and have been made anew: \(error)"
      }
    }
    do {
      try FileManager.default.createDirectory(
        atPath: store.directory, withIntermediateDirectories: true)
    } catch {
      throw VLMError(
        .cacheUnwritable, "the folder for cached features cannot be made", file: store.directory,
        remedy: "name another with --cache, or use --no-cache", cause: error)
    }
    let own = store.ownPath(ofKey: key)
    try compute(own, key, label, frames, gridSide, activity, progress, later, model())
    guard rename(own, path) == 0 else {
      throw VLMError(
        .cacheUnwritable, "the finished features cannot be moved into place", file: path,
        remedy: "name another folder with --cache, or use --no-cache")
    }
    let features = try FeatureFile(path, key: key, frames: frames.count)
    let limit = if case .standard(let limit) = place { limit } else { Int.max }
    return Outcome(features: features, fromCache: false, note: note, removed: store.prune(to: limit))
  }

  private static func key(_ parts: [String]) -> String {
    let text = ([FeatureFile.format] + parts).joined(separator: "\n")
    return Array(text.utf8).withUnsafeBytes { SHA256.hash(of: $0) }
  }

  /// Whether features are there already, as far as a name says it.
  package func has(key parts: [String]) -> Bool {
    store.map { FileManager.default.fileExists(atPath: $0.path(ofKey: Self.key(parts))) } ?? false
  }

  /// Where features are kept; `nil` when they are not.
  package var store: FeatureStore? {
    switch place {
    case .none: nil
    case .directory(let path): FeatureStore(path)
    case .standard: .standard()
    }
  }

  private func compute(
    _ path: String, _ key: String, _ label: String, _ frames: Frames, _ gridSide: Int, _ activity: String,
    _ progress: ProgressHandler?, _ later: (Int, Double) -> Double, _ model: any ProbedModel
  ) throws {
    let begin = ContinuousClock.now
    let writer = try FeatureFileWriter(path, key: key, label: label, frames: frames.count)
    var done = 0
    for episode in 0..<frames.episodes {
      let samples = try frames.samples(episode)
      for start in stride(from: 0, to: samples.count, by: Self.batch) {
        let batch = Array(samples[start..<min(start + Self.batch, samples.count)])
        try writer.append(try model.encode(batch, at: model.points, gridSide: gridSide), at: model.points)
        done += batch.count
        let secondsPerFrame = (ContinuousClock.now - begin) / .seconds(1) / Double(done)
        progress?(
          ProgressReport(
            activity: activity, completed: done, total: frames.count, unit: .images,
            later: later(model.points.count, secondsPerFrame)))
      }
    }
    try writer.finish()
  }

  /// Samples encoded at once.
  private static let batch = 8
}
