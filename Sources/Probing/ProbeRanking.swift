internal import Datasets
internal import Features
public import Mapping
internal import Runtime
public import Statistics
public import Tensors

/// Several checkpoints on the same episodes, best first: which backbone holds most of what control needs, and which of them
/// the data cannot tell apart.
///
/// A checkpoint's score is what the outputs of its modules hold together, R2 out of fold by kernel ridge as in the contrasts of
/// `probe encoder`; beside them stands what fixed features of the frames hold, which no checkpoint is needed for.
public struct ProbeRanking: Encodable, Sendable {
  /// Path of the demonstrations.
  public let data: String
  /// Episodes in use.
  public let episodes: Int
  /// Frames in use.
  public let frames: Int
  /// Names of the targets.
  public let targets: [String]
  /// Of every interval.
  public let confidence: Double
  /// R: scores of fixed features of the frames, by target, and their mean.
  public let framesAlone: Scores
  /// Best first.
  public let checkpoints: [Entry]
  /// Of every two, by place.
  public let differences: [Difference]
  /// What may be said.
  public let sentence: String
  /// Choices and oddities worth knowing.
  public let notes: [String]

  /// How well something reads the targets.
  public struct Scores: Encodable, Sendable {
    /// R2, in the order of the targets.
    public let byTarget: [Double]
    /// Their mean.
    public let mean: Double

    package init(byTarget: [Double]) {
      self.byTarget = byTarget
      mean = byTarget.reduce(0, +) / Double(byTarget.count)
    }
  }

  /// One checkpoint.
  public struct Entry: Encodable, Sendable {
    /// As it was given.
    public let path: String
    /// Family identifier.
    public let family: String
    /// `float32` or `int8`.
    public let precision: String
    /// Of all that was run: encoders, projector, and the language model where it was.
    public let parameters: Int
    /// What its modules' outputs hold together.
    public let scores: Scores
    /// Whether the language model was run.
    public let includesLanguage: Bool
    /// Places of those that it cannot be told apart from, 1 being the first.
    public let tiedWith: [Int]
    /// Milliseconds a frame; `nil` from the cache.
    @OfThisRun package var milliseconds: Double?

    package init(
      path: String, family: String, precision: String, parameters: Int, scores: Scores,
      includesLanguage: Bool,
      tiedWith: [Int], milliseconds: Double?
    ) {
      self.path = path
      self.family = family
      self.precision = precision
      self.parameters = parameters
      self.scores = scores
      self.includesLanguage = includesLanguage
      self.tiedWith = tiedWith
      self.milliseconds = milliseconds
    }
  }

  /// Of the mean score: the better one's less the other's.
  public struct Difference: Encodable, Sendable {
    /// Place of the better, 1 being the first.
    public let first: Int
    /// Place of the other.
    public let second: Int
    /// Difference of the mean scores.
    public let value: Double
    /// Simultaneous over all pairs.
    public let interval: Interval

    package init(first: Int, second: Int, value: Double, interval: Interval) {
      self.first = first
      self.second = second
      self.value = value
      self.interval = interval
    }
  }

  package init(
    data: String, episodes: Int, frames: Int, targets: [String], confidence: Double, framesAlone: Scores,
    checkpoints: [Entry], differences: [Difference], notes: [String]
  ) {
    self.data = data
    self.episodes = episodes
    self.frames = frames
    self.targets = targets
    self.confidence = confidence
    self.framesAlone = framesAlone
    self.checkpoints = checkpoints
    self.differences = differences
    sentence = Wording.ranking(checkpoints, frames: framesAlone)
    self.notes = notes
  }

  /// Ranks checkpoints on the data and with the settings of `options`, whose own checkpoint is the first of `checkpoints`.
  ///
  /// - Throws: as `ProbeEncoder.run`.
  public static func run(
    _ options: ProbeEncoder.Options, against others: [MappedCheckpoint], progress: ProgressHandler? = nil,
    preview: (ProbeEncoder.Preview) -> Void = { _ in }
  ) throws -> ProbeRanking {
    try options.settings.validate()
    let data = try DemonstrationSamples(options, progress: progress)
    let checkpoints = [options.checkpoint] + others
    let speech = try checkpoints.map {
      try ProbeEncoder.speech(of: $0, StageSelection([]), on: data.demonstrations)
    }
    var notes = data.notes + speech.compactMap(\.1)
    if Set(speech.map(\.0)).count > 1 {
      notes.append("Those whose language model cannot be run are judged by their vision side alone.")
    }
    preview(ProbeEncoder.Preview(data: data.facts(), targets: data.targetFacts, notes: notes))
    let cache = FeatureCache(options.cache, reading: options.readCaches)
    var encoded: [(speaks: Bool, features: any FeatureSource, seconds: Double?)] = []
    for (checkpoint, (speaks, _)) in zip(checkpoints, speech) {
      let begin = ContinuousClock.now
      let outcome = try cache.features(of: ProbeEncoder.exits(of: checkpoint, speaks: speaks, data, options), progress: progress)
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      encoded.append((speaks, outcome.features, outcome.fromCache ? nil : seconds))
    }
    data.decoded.release()
    let frames = try data.decoded.findings()
    let scores = try SingleThreadedBLAS.during {
      try Self.scores(frames, encoded.map(\.features), data, options, progress)
    }
    return ProbeRanking(
      checkpoints, encoded, scores, data: data, options: options,
      notes: notes + [frames.note].compactMap(\.self))
  }

  /// S of the frames' features, then of each checkpoint.
  private static func scores(
    _ frames: FrameFindings, _ sources: [any FeatureSource], _ data: DemonstrationSamples,
    _ options: ProbeEncoder.Options,
    _ progress: ProgressHandler?
  ) throws -> [KernelSets.Score] {
    let episodes = data.demonstrations.episodes
    let episodeOfFrame = data.demonstrations.episodeOfFrame
    let folds = EpisodeFolds(
      tasks: episodes.map(\.task), groups: data.demonstrations.groups, episodeOfFrame: episodeOfFrame,
      count: options.settings.folds, seed: options.settings.seed)
    var groups: [[Int]] = []
    for target in data.targets {
      groups.append(
        Array((groups.last?.last ?? -1) + 1..<(groups.last?.last ?? -1) + 1 + target.columns.count))
    }
    let responses = Matrix.beside(data.targets.map(\.values))
    let ridges = try [[[frames.frameKernels()]]] + sources.map { try ProbeEvaluation.exits(of: $0) }
    return try ridges.enumerated().map { place, exits in
      progress?(
        ProgressReport(activity: "comparing checkpoints", completed: place, total: ridges.count, unit: .steps)
      )
      // Block 0 stands for the frames in the ladder's sets, which here are of the checkpoint alone.
      let sets = LadderScores.Sets(exits.map(\.count))
      let ridge = KernelRidge(
        [exits[0][0]] + exits.flatMap(\.self), taskOfFrame: episodeOfFrame.map { episodes[$0].task },
        folds: folds,
        responses: responses)
      let candidates = sets.from[1].flatMap { sets.candidates($0, ridge) }
      return try KernelSets(ridge, candidates: candidates, groups: groups).scores([candidates])[0]
    }
  }

  private init(
    _ checkpoints: [MappedCheckpoint],
    _ encoded: [(speaks: Bool, features: any FeatureSource, seconds: Double?)],
    _ found: [KernelSets.Score], data samples: DemonstrationSamples, options: ProbeEncoder.Options,
    notes: [String]
  ) {
    func scores(_ score: KernelSets.Score) -> Scores {
      Scores(byTarget: score.r2)
    }
    let own = Array(found.dropFirst())
    let order = own.indices.sorted { (scores(own[$0]).mean, $1) > (scores(own[$1]).mean, $0) }
    let pairs = order.indices.flatMap { first in (first + 1..<order.count).map { (first, $0) } }
    let values = pairs.map { scores(own[order[$0.0]]).mean - scores(own[order[$0.1]]).mean }
    let episodeCount = samples.demonstrations.episodes.count
    // By groups of episodes.
    var deleted = Matrix(own[0].deleted.rows, pairs.count)
    for (column, pair) in pairs.enumerated() {
      let (left, right) = (own[order[pair.0]].deleted, own[order[pair.1]].deleted)
      for group in 0..<deleted.rows {
        deleted[group, column] =
          zip(left.row(group), right.row(group)).reduce(0) { $0 + $1.0 - $1.1 } / Double(left.columns)
      }
    }
    let intervals = MaxT.intervals(
      values, deleted: deleted, confidence: options.settings.confidence, seed: options.settings.seed)
    let differences = zip(pairs, zip(values, intervals)).map {
      Difference(first: $0.0 + 1, second: $0.1 + 1, value: $1.0, interval: $1.1)
    }
    let tied = differences.filter { $0.interval.lower <= 0 }
    let entries = order.enumerated().map { place, index in
      let checkpoint = checkpoints[index]
      let roots = ["vision.", "projector."] + (encoded[index].speaks ? ["language."] : [])
      let parameters = checkpoint.parameters.filter { name, _ in
        roots.contains(where: name.hasPrefix) && !name.hasSuffix("_scale")
      }
      let subject = ProbeEncoder.subject(checkpoint, options.precision, "", encoded[index].seconds == nil)
      return Entry(
        path: checkpoint.path, family: subject.family, precision: subject.precision,
        parameters: parameters.values.reduce(0) { $0 + $1.shape.count }, scores: scores(own[index]),
        includesLanguage: encoded[index].speaks,
        tiedWith: tied.compactMap {
          $0.first == place + 1 ? $0.second : $0.second == place + 1 ? $0.first : nil
        }.sorted(),
        milliseconds: encoded[index].seconds.map { $0 * 1000 / Double(samples.demonstrations.frameCount) })
    }
    self.init(
      data: options.data, episodes: episodeCount, frames: samples.demonstrations.frameCount,
      targets: samples.targets.map(\.target.id), confidence: options.settings.confidence,
      framesAlone: scores(found[0]), checkpoints: entries, differences: differences, notes: notes)
  }
}

extension Wording {
  /// The best checkpoint, and those that it cannot be told from.
  static func ranking(_ entries: [ProbeRanking.Entry], frames: ProbeRanking.Scores) -> String {
    func short(_ entry: ProbeRanking.Entry) -> String { ProbeEncoder.shortName(entry.path) }
    let best = entries[0]
    let ties = best.tiedWith.map { short(entries[$0 - 1]) }
    let first =
      ties.isEmpty
      ? "\(short(best)) holds most: \(number(best.scores.mean)) R2 on average, certainly more than every other."
      : "\(short(best)) reads \(number(best.scores.mean)) R2 on average, and cannot be told from \(ties.joined(separator: ", "))."
    return best.scores.mean > frames.mean
      ? first : first + " None reads more than fixed features of the frames, \(number(frames.mean))."
  }
}
