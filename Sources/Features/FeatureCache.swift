internal import Files
internal import Foundation
internal import Runtime
package import Tensors

/// Features of an encoder over frames, from the cache when they are there.
///
/// Frames are looked up and encoded in parts (`Frames.parts`), and each part is kept in a file of its own, named by what its frames
/// are. So a run finds what any other has made of the same frames: one before it, one that was interrupted, one beside it.
///
/// While one part is encoded the next is made ready — its frames decoded, named and looked up. So the frames of two parts are in
/// memory at once; with one thread, of one.
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
    /// Whether nothing had to be encoded.
    package let fromCache: Bool
    /// Something the user should know, such as parts that were made anew.
    package let note: String?
    /// What was removed for it, beyond the limit or left by runs that were killed.
    package let removed: [FeatureStore.Entry]
  }

  /// - Parameters:
  ///   - parts: what decides the features besides the frames: hash of the checkpoint, settings.
  ///   - label: what the features are of, for people.
  ///   - later: what comes after them, in frames, told the number of stages and the seconds that a frame takes.
  ///   - model: called only when features are not cached.
  package func features(
    key parts: [String], label: String, frames: Frames, gridSide: Int, activity: String,
    progress: ProgressHandler?,
    later: @escaping (_ stages: Int, _ secondsPerFrame: Double) -> Double = { _, _ in 0 },
    model: () throws -> any ProbedModel
  ) throws -> Outcome {
    var files: [FeatureFile] = []
    var found = 0
    var damages: [String] = []
    var encoding: FeatureEncoding?
    var next: Pending<Part>?
    defer { next?.abandon() }
    for range in frames.parts {
      let ready = next ?? prepare(range, of: frames, parts)
      next = nil
      var part = try ready.get()
      next =
        range.upperBound < frames.count
        ? prepare(Frames.part(from: range.upperBound, of: frames.count), of: frames, parts) : nil
      // A run beside this one may have made it since.
      if case .missing = part.stored { part.stored = look(for: part.key, frames: range.count) }
      switch part.stored {
      case .there(let file):
        store?.touch(key: part.key)
        files.append(file)
        found += range.count
        continue
      case .damaged(let damage): damages.append(damage)
      case .missing: break
      }
      if encoding == nil {
        try makeFolder()
        encoding = try FeatureEncoding(
          model(), frames: frames.count, gridSide: gridSide, activity: activity, progress: progress,
          later: later)
      }
      files.append(
        try write(part.key, label, frames: range.count) { writer in
          try encoding!.encode(part.samples, from: range.lowerBound, to: writer)
        })
    }
    let features = try FeatureParts(files)
    let isAnew = found < frames.count
    var notes: [String] = []
    if !damages.isEmpty {
      notes.append(
        "The cached features were damaged and have been made anew: \(damages.joined(separator: "; "))")
    }
    if isAnew, found > 0 {
      notes.append("\(found) of \(frames.count) frames had been encoded by another run.")
    }
    return Outcome(
      features: features, fromCache: !isAnew, note: notes.isEmpty ? nil : notes.joined(separator: " "),
      removed: isAnew ? prune() : [])
  }

  /// Whether features are there already, as far as the name of the first part says it.
  package func has(key parts: [String], of frames: Frames) -> Bool {
    guard let store, let first = frames.parts.first, let identity = try? frames.identity(first) else {
      return false
    }
    return FileManager.default.fileExists(atPath: store.path(ofKey: Self.key(parts + [identity])))
  }

  /// Where features are kept; `nil` when they are not.
  package var store: FeatureStore? {
    switch place {
    case .none: nil
    case .directory(let path): FeatureStore(path)
    case .standard: .standard()
    }
  }

  // MARK: Parts

  /// Frames to be encoded, or their features where these are there.
  private struct Part: Sendable {
    let key: String
    var stored: Stored
    let samples: [Sample]
  }

  /// What the cache has of a part.
  private enum Stored: Sendable {
    case there(FeatureFile)
    case missing
    /// How.
    case damaged(String)
  }

  private func prepare(_ range: Range<Int>, of frames: Frames, _ parts: [String]) -> Pending<Part> {
    Pending {
      guard store != nil else {
        return Part(key: Self.key(parts), stored: .missing, samples: try frames.samples(range))
      }
      let key = Self.key(parts + [try frames.identity(range)])
      let stored = look(for: key, frames: range.count)
      if case .there = stored { return Part(key: key, stored: stored, samples: []) }
      return Part(key: key, stored: stored, samples: try frames.samples(range))
    }
  }

  private func look(for key: String, frames: Int) -> Stored {
    guard let path = store?.path(ofKey: key), FileManager.default.fileExists(atPath: path) else {
      return .missing
    }
    do {
      return .there(try FeatureFile(path, key: key, frames: frames))
    } catch {
      // Gone where a run beside this one has just pruned it.
      return FileManager.default.fileExists(atPath: path) ? .damaged("\(error)") : .missing
    }
  }

  /// Writes features to a file of this process, opens it, and moves it into place: so it is whole there, and stays open whoever
  /// removes it. Without a cache it loses its name, and nothing is left however this process ends.
  private func write(
    _ key: String, _ label: String, frames: Int, _ fill: (FeatureFileWriter) throws -> Void
  ) throws -> FeatureFile {
    let own =
      store?.ownPath(ofKey: key)
      ?? FileManager.default.temporaryDirectory.appending(path: "vlmtool-\(UUID().uuidString).h5").path
    let writer = try FeatureFileWriter(own, key: key, label: label, frames: frames)
    try fill(writer)
    try writer.finish()
    defer { unlink(own) }
    let file = try FeatureFile(own, key: key, frames: frames)
    if let path = store?.path(ofKey: key), rename(own, path) != 0 {
      throw VLMError(
        .cacheUnwritable, "the finished features cannot be moved into place", file: path,
        remedy: "name another folder with --cache, or use --no-cache")
    }
    return file
  }

  private func makeFolder() throws(VLMError) {
    guard let store else { return }
    do {
      try FileManager.default.createDirectory(atPath: store.directory, withIntermediateDirectories: true)
    } catch {
      throw VLMError(
        .cacheUnwritable, "the folder for cached features cannot be made", file: store.directory,
        remedy: "name another with --cache, or use --no-cache", cause: error)
    }
  }

  private func prune() -> [FeatureStore.Entry] {
    let limit = if case .standard(let limit) = place { limit } else { Int.max }
    return store?.prune(to: limit) ?? []
  }

  private static func key(_ parts: [String]) -> String {
    let text = ([FeatureFile.format] + parts).joined(separator: "\n")
    return Array(text.utf8).withUnsafeBytes { SHA256.hash(of: $0) }
  }
}
