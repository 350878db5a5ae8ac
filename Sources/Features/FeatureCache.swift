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
  /// Where other runs kept theirs, which are read and nothing else.
  private let others: [FeatureStore]
  /// Whether the next part is made ready while one is encoded.
  private let preparesBeside: Bool

  package init(_ place: Place, reading others: [String] = [], preparesBeside: Bool = Parallel.threads > 1) {
    self.place = place
    self.preparesBeside = preparesBeside
    self.others = others.map(FeatureStore.init)
  }

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

  /// - Parameter later: what comes after them, in frames, told the number of stages and the seconds that a frame takes.
  package func features(
    of encoding: Encoding, progress: ProgressHandler?,
    later: @escaping (_ stages: Int, _ secondsPerFrame: Double) -> Double = { _, _ in 0 }
  ) throws -> Outcome {
    let parts = try self.parts(encoding.frames.parts, of: encoding, progress, later)
    let isAnew = parts.found < encoding.frames.count
    var notes = Self.notes(parts)
    if isAnew, parts.found > 0 {
      notes.append("\(parts.found) of \(encoding.frames.count) frames had been encoded by another run.")
    }
    return Outcome(
      features: try FeatureParts(parts.files), fromCache: !isAnew, note: notes.isEmpty ? nil : notes.joined(separator: " "),
      removed: isAnew ? prune() : [])
  }

  /// Encodes some parts only, for a run that finds them.
  ///
  /// - Returns: how many of their frames were there already, and something the user should know.
  package func keep(
    _ ranges: [Range<Int>], of encoding: Encoding, progress: ProgressHandler?
  ) throws -> (found: Int, note: String?) {
    precondition(store != nil, "what is not kept is of no use to another run")
    let parts = try self.parts(ranges, of: encoding, progress) { _, _ in 0 }
    return (parts.found, Self.notes(parts).first)
  }

  /// Whether features are there already, as far as the name of the first part says it.
  package func has(_ encoding: Encoding) -> Bool {
    guard store != nil, let first = encoding.frames.parts.first, let identity = try? encoding.frames.identity(first) else {
      return false
    }
    return path(of: Self.key(encoding.key + [identity])) != nil
  }

  /// The file with the features of a key.
  private func path(of key: String) -> String? {
    ([store].compactMap(\.self) + others).map { $0.path(ofKey: key) }.first(where: FileManager.default.fileExists)
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

  /// Features of parts, one file each.
  private struct Parts {
    var files: [FeatureFile] = []
    /// Frames that were there.
    var found = 0
    var damages: [String] = []
  }

  private static func notes(_ parts: Parts) -> [String] {
    parts.damages.isEmpty
      ? [] : ["The cached features were damaged and have been made anew: \(parts.damages.joined(separator: "; "))"]
  }

  private func parts(
    _ ranges: [Range<Int>], of encoding: Encoding, _ progress: ProgressHandler?,
    _ later: @escaping (_ stages: Int, _ secondsPerFrame: Double) -> Double
  ) throws -> Parts {
    var parts = Parts()
    var run: FeatureEncoding?
    var next: Pending<Part>?
    defer { next?.abandon() }
    let frameCount = ranges.reduce(0) { $0 + $1.count }
    var done = 0
    for (place, range) in ranges.enumerated() {
      let ready = next ?? prepare(range, of: encoding)
      next = nil
      var part = try ready.get()
      next = place + 1 < ranges.count ? prepare(ranges[place + 1], of: encoding) : nil
      defer { done += range.count }
      // A run beside this one may have made it since.
      if case .missing = part.stored { part.stored = look(for: part.key, frames: range.count) }
      switch part.stored {
      case .there(let file):
        store?.touch(key: part.key)
        parts.files.append(file)
        parts.found += range.count
        continue
      case .damaged(let damage): parts.damages.append(damage)
      case .missing: break
      }
      if run == nil {
        try makeFolder()
        run = try FeatureEncoding(
          encoding.model(), frames: frameCount, gridSide: encoding.gridSide, activity: encoding.activity, progress: progress,
          later: later)
      }
      parts.files.append(
        try write(part.key, encoding.label, frames: range.count) { writer in
          try run!.encode(part.samples, from: done, to: writer)
        })
    }
    return parts
  }

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

  private func prepare(_ range: Range<Int>, of encoding: Encoding) -> Pending<Part> {
    let (frames, own) = (encoding.frames, encoding.key)
    return Pending(beside: preparesBeside) {
      guard store != nil else {
        return Part(key: Self.key(own), stored: .missing, samples: try frames.samples(range))
      }
      let key = Self.key(own + [try frames.identity(range)])
      let stored = look(for: key, frames: range.count)
      if case .there = stored { return Part(key: key, stored: stored, samples: []) }
      return Part(key: key, stored: stored, samples: try frames.samples(range))
    }
  }

  private func look(for key: String, frames: Int) -> Stored {
    guard let path = path(of: key) else { return .missing }
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
