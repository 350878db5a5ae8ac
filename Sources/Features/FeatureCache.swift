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
    /// By episode.
    package let counts: [Int]
    package let samples: @Sendable (_ episode: Int) throws -> [Sample]

    package init(counts: [Int], samples: @escaping @Sendable (Int) throws -> [Sample]) {
      self.counts = counts
      self.samples = samples
    }

    package var count: Int { counts.reduce(0, +) }

    /// Whole episodes, of about `size` frames together.
    func parts(of size: Int) -> [Range<Int>] {
      var parts: [Range<Int>] = []
      var (start, sum) = (0, 0)
      for (episode, count) in counts.enumerated() {
        sum += count
        guard sum >= size || episode == counts.count - 1 else { continue }
        parts.append(start..<episode + 1)
        (start, sum) = (episode + 1, 0)
      }
      return parts
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
      let writer = try FeatureFileWriter(path, key: key, label: label, frames: frames.count)
      let encoding = try Encoding(model(), frames, gridSide, activity, progress, later)
      try encoding.append(frames.counts.indices, to: writer)
      try writer.finish()
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
    // A part after another, so that a run that is interrupted goes on after the last.
    var encoding: Encoding?
    var earlier = 0
    let parts = frames.parts(of: Self.part).map { episodes in
      let count = frames.counts[episodes].reduce(0, +)
      return (episodes: episodes, count: count, key: Self.key(parts + ["episodes \(episodes)"]))
    }
    for part in parts {
      let place = store.path(ofKey: part.key)
      if FileManager.default.fileExists(atPath: place) {
        do {
          _ = try FeatureFile(place, key: part.key, frames: part.count)
          earlier += part.count
          continue
        } catch where FileManager.default.fileExists(atPath: place) {
          // Not where a run beside this one has just taken the parts together.
          note = "Features that an interrupted run had cached were damaged and have been made anew: \(error)"
        } catch {}
      }
      if encoding == nil {
        encoding = try Encoding(model(), frames, gridSide, activity, progress, later, done: earlier)
      }
      try write(
        place, store.ownPath(ofKey: part.key), part.key, label + ", \(part.count) of them", frames: part.count
      ) {
        try encoding!.append(part.episodes, to: $0)
      }
    }
    if earlier > 0 {
      note = [note, "\(earlier) of \(frames.count) frames had been encoded by another run."]
        .compactMap(\.self).joined(separator: " ")
    }
    do {
      try write(path, store.ownPath(ofKey: key), key, label, frames: frames.count) { writer in
        for part in parts {
          try writer.append(
            FeatureFile(store.path(ofKey: part.key), key: part.key, frames: part.count), frames: part.count)
        }
      }
    } catch {
      // A run beside this one removes the parts, but not before the whole is there.
      guard (try? FeatureFile(path, key: key, frames: frames.count)) != nil else { throw error }
    }
    for part in parts { unlink(store.path(ofKey: part.key)) }
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

  /// Writes features to a file of this process, and moves it into place when it is whole.
  private func write(
    _ path: String, _ own: String, _ key: String, _ label: String, frames: Int,
    _ fill: (FeatureFileWriter) throws -> Void
  ) throws {
    let writer = try FeatureFileWriter(own, key: key, label: label, frames: frames)
    try fill(writer)
    try writer.finish()
    guard rename(own, path) == 0 else {
      throw VLMError(
        .cacheUnwritable, "the finished features cannot be moved into place", file: path,
        remedy: "name another folder with --cache, or use --no-cache")
    }
  }

  /// A model on its way through the frames.
  private final class Encoding {
    private let model: any ProbedModel
    private let frames: Frames
    private let gridSide: Int
    private let activity: String
    private let progress: ProgressHandler?
    private let later: (Int, Double) -> Double
    private let begin = ContinuousClock.now
    private var done: Int
    /// Frames of an earlier run.
    private let earlier: Int

    init(
      _ model: any ProbedModel, _ frames: Frames, _ gridSide: Int, _ activity: String,
      _ progress: ProgressHandler?, _ later: @escaping (Int, Double) -> Double, done: Int = 0
    ) {
      self.model = model
      self.frames = frames
      self.gridSide = gridSide
      self.activity = activity
      self.progress = progress
      self.later = later
      self.done = done
      earlier = done
    }

    func append(_ episodes: Range<Int>, to writer: FeatureFileWriter) throws {
      var encoded: [[PooledStage]] = []
      // Frames that are not kept are decoded beside the encoding of those before them.
      let frames = frames
      func pending(_ episode: Int) -> Pending<[Sample]> {
        Pending { try frames.samples(episode) }
      }
      var next = episodes.first.map(pending)
      for episode in episodes {
        let samples = try next!.get()
        next = episode + 1 < episodes.upperBound ? pending(episode + 1) : nil
        for start in stride(from: 0, to: samples.count, by: FeatureCache.batch) {
          let batch = Array(samples[start..<min(start + FeatureCache.batch, samples.count)])
          // The batch before is written meanwhile.
          let results: [[[PooledStage]]] = try Parallel.map(2) { task in
            if task == 0 { return try model.encode(batch, at: model.points, gridSide: gridSide) }
            try writer.append(encoded, at: model.points)
            return []
          }
          encoded = results[0]
          done += batch.count
          let secondsPerFrame = (ContinuousClock.now - begin) / .seconds(1) / Double(done - earlier)
          progress?(
            ProgressReport(
              activity: activity, completed: done, total: frames.count, unit: .images,
              later: later(model.points.count, secondsPerFrame)))
        }
      }
      try writer.append(encoded, at: model.points)
    }
  }

  /// Samples encoded at once.
  private static let batch = 32

  /// Frames that a run which is interrupted loses at most.
  private static let part = 128
}
