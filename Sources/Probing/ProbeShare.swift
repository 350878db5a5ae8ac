internal import Features
public import Mapping
internal import Runtime
public import Tensors

/// What one of several jobs encoded of a probe's frames, for the run that fits.
///
/// The work is cut into pieces: 128 frames for each encoder. Each job takes every n-th of them and keeps the features in its cache; a
/// run of the same command without a part, which reads all these caches, finds every piece and gives what one run alone would have given,
/// to the bit.
public struct ProbeShare: Encodable, Sendable {
  /// Such as `3/16`.
  public let part: String
  /// Where the features are.
  public let cache: String
  /// Of all parts together.
  public let allPieces: Int
  /// What each encoder had to do in this one.
  public let encoders: [Encoder]
  /// Choices and oddities worth knowing.
  public let notes: [String]

  /// One encoder's pieces.
  public struct Encoder: Encodable, Sendable {
    /// What was run.
    public let name: String
    /// In this part.
    public let pieces: Int
    /// In these pieces.
    public let frames: Int
    /// Of these, what was in the cache before.
    public let cachedFrames: Int
  }

  /// Frames in all pieces of this part.
  public var frames: Int { encoders.reduce(0) { $0 + $1.frames } }

  /// Encodes what belongs to a part of `ProbeEncoder.run`, or of `ProbeRanking.run` where there are other checkpoints.
  ///
  /// - Throws: the errors of the checkpoint, the data and the encoder; `probing.setting.invalid` where nothing would be kept.
  public static func run(
    _ share: Share, of options: ProbeEncoder.Options, against others: [MappedCheckpoint] = [], progress: ProgressHandler? = nil,
    preview: (ProbeEncoder.Preview) -> Void = { _ in }
  ) throws -> ProbeShare {
    try options.settings.validate()
    let cache = FeatureCache(options.cache, reading: options.readCaches)
    guard let store = cache.store else {
      throw VLMError(.probeSettingInvalid, "a part that is not kept is of no use", remedy: "name a cache, and give it to the run that fits")
    }
    let data = try DemonstrationSamples(options, progress: progress)
    var notes = data.notes
    let encodings: [FeatureCache.Encoding]
    if others.isEmpty {
      let plan = try ProbeEncodings(options, data)
      encodings = plan.all
      notes += plan.notes
    } else {
      encodings = try ([options.checkpoint] + others).map { checkpoint in
        let (speaks, silence) = try ProbeEncoder.speech(of: checkpoint, StageSelection([]), on: data.demonstrations)
        notes += [silence].compactMap(\.self)
        return try ProbeEncoder.exits(of: checkpoint, speaks: speaks, data, options)
      }
    }
    preview(ProbeEncoder.Preview(data: data.facts(), targets: data.targetFacts, notes: data.notes))
    var index = 0
    let encoders = try encodings.map { encoding in
      let own = encoding.frames.parts.filter { _ in
        defer { index += 1 }
        return share.has(index)
      }
      let (found, note) = try cache.keep(own, of: encoding, progress: progress)
      notes += [note].compactMap(\.self)
      return Encoder(name: encoding.name, pieces: own.count, frames: own.reduce(0) { $0 + $1.count }, cachedFrames: found)
    }
    return ProbeShare(part: share.description, cache: store.directory, allPieces: index, encoders: encoders, notes: notes)
  }
}
