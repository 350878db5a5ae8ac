internal import Datasets
internal import Features
internal import Mapping
internal import Runtime
public import Statistics
public import Tensors

/// `vlmtool probe validate`: faults planted in a checkpoint and its demonstrations, run through the whole pipeline, and what
/// was found of each.
public struct ProbeValidation: Encodable, Sendable {
  /// The checkpoint's path.
  public let checkpoint: String
  /// Path of the demonstrations.
  public let data: String
  /// Episodes in use.
  public let episodes: Int
  /// Frames in use.
  public let frames: Int
  /// The target that is read: the first of which the unplanted checkpoint allows a verdict.
  public let target: String
  /// The margin, R2.
  public let margin: Double
  /// What decides the plants.
  public let seed: UInt64
  /// Without a plant.
  public let unplanted: Outcome
  /// What was planted, in order.
  public let plants: [Row]
  /// How losses grow with the dose.
  public let doses: [DoseResponse]
  /// Plants that must not make a module be named, again and again.
  public let nulls: [Null]
  /// When a plant counts as found, and what was not planted and why; choices and oddities of the data.
  public let notes: [String]

  /// What the pipeline said.
  public struct Outcome: Encodable, Sendable {
    /// `bottleneck`, `none`, `tied` or `notIdentifiable`.
    public let outcome: ProbeVerdict.Outcome
    /// The modules that it names.
    public let modules: [ProbeModule]
    /// In one sentence.
    public let sentence: String
    /// By module, in order.
    public let losses: [Loss]

    /// What a module loses.
    public struct Loss: Encodable, Sendable {
      /// The module.
      public let module: ProbeModule
      /// R2.
      public let value: Double
      /// Simultaneous over all modules and their differences.
      public let interval: Interval
    }
  }

  /// A plant, what had to come of it and what came.
  public struct Row: Encodable, Sendable {
    /// Its name.
    public let plant: String
    /// What was done.
    public let title: String
    /// In words: `vision encoder`, `nothing new`, `not identifiable`.
    public let expected: String
    /// A dose that need not be found.
    public let isWeak: Bool
    /// What the pipeline said.
    public let result: Outcome
    /// Whether that is what was expected.
    public let found: Bool
  }

  /// One plant in rising doses.
  public struct DoseResponse: Encodable, Sendable {
    /// What was planted.
    public let title: String
    /// What has to lose.
    public let module: ProbeModule
    /// Names of the plants.
    public let plants: [String]
    /// What the module lost, R2.
    public let losses: [Double]
    /// Whether no dose loses less than a weaker one by more than the margin.
    public let isMonotone: Bool
  }

  /// A plant under which no module may be named that is not without it, under one seed after another.
  public struct Null: Encodable, Sendable {
    /// Its name.
    public let plant: String
    /// What was done.
    public let title: String
    /// How often it was planted.
    public let count: Int
    /// How often each verdict came out: `none`, `tied`, `notIdentifiable`, or the module named.
    public let outcomes: [String: Int]
    /// How often a module was named falsely.
    public let wrong: Int
  }

  /// Doses that had to be found.
  public var strong: [Row] { plants.filter { !$0.isWeak } }

  /// Plants what there is to plant.
  ///
  /// - Parameters:
  ///   - isQuick: one strong dose of the most telling plants.
  ///   - names: identifiers of the only plants that are meant; by default all.
  ///   - nulls: how often those are planted under which no module may be named.
  /// - Throws: as `ProbeEncoder.run`; `probing.plant.unknown`.
  public static func run(
    _ options: ProbeEncoder.Options, isQuick: Bool = false, only names: [String] = [], nulls: Int = 0,
    progress: ProgressHandler? = nil
  ) throws -> ProbeValidation {
    for name in names where !Plant.all.contains(where: { $0.id == name }) {
      throw VLMError(
        .plantUnknown, "there is no plant \(name)",
        remedy: "plants are \(Plant.all.map(\.id).joined(separator: ", "))")
    }
    var pipeline = try Pipeline(options, progress: progress)
    let problem = try pipeline.problem(nil)
    let whole = try ProbeEvaluation.run(problem, settings: options.settings, progress: progress)
    let target = whole.verdicts.firstIndex { $0.outcome != .notIdentifiable } ?? 0
    let unplanted = Outcome(whole, target: problem.targets[target].target.id)
    let delta = whole.references[target].delta
    var notes: [String] = []
    if whole.verdicts[target].outcome == .notIdentifiable {
      notes.append("Of no target does the unplanted checkpoint allow a verdict: \(unplanted.sentence)")
    }
    func result(_ plant: Plant, seed: UInt64) throws -> Outcome? {
      guard let planted = try pipeline.plant(plant, seed: seed, target: target) else { return nil }
      let findings = try ProbeEvaluation.run(planted, settings: options.settings, progress: progress)
      return Outcome(findings, target: planted.targets[0].target.id)
    }
    var rows: [Row] = []
    for plant in Plant.all where (plant.isQuick || !isQuick) && (names.isEmpty || names.contains(plant.id)) {
      if case .loss(let modules) = plant.expected,
        let missing = modules.first(where: { module in !unplanted.losses.contains { $0.module == module } })
      {
        notes.append("\(plant.title): not planted, for the \(missing.name) is not judged here.")
        continue
      }
      guard let result = try result(plant, seed: options.settings.seed) else {
        notes.append("\(plant.title): not planted, for the checkpoint has no such weights.")
        continue
      }
      rows.append(
        Row(
          plant: plant.id, title: plant.title, expected: plant.expected.words, isWeak: plant.isWeak,
          result: result, found: plant.expected.isMet(by: result, before: unplanted, delta: delta)))
    }
    let repeated = try Plant.all.filter {
      nulls > 0 && $0.isNull && (names.isEmpty || names.contains($0.id))
    }.map { plant in
      var outcomes: [Outcome] = []
      for replicate in 1...nulls {
        outcomes += [try result(plant, seed: options.settings.seed &+ UInt64(replicate))].compactMap(\.self)
      }
      return Null(plant, outcomes, unplanted: unplanted)
    }
    return ProbeValidation(
      checkpoint: options.checkpoint.path, data: options.data, episodes: problem.tasks.count,
      frames: problem.frameCount, target: problem.targets[target].target.id, margin: delta,
      seed: options.settings.seed, unplanted: unplanted, plants: rows,
      doses: DoseResponse.all(rows, delta: delta), nulls: repeated,
      notes: [Plant.Expectation.rule] + notes + pipeline.notes)
  }

  /// The data, read once, and the checkpoint with each plant in it.
  private struct Pipeline {
    private let options: ProbeEncoder.Options
    private let data: DemonstrationSamples
    private let cache: FeatureCache
    private let hash: String
    private let speaks: Bool
    private let random: any FeatureSource
    private let progress: ProgressHandler?
    private(set) var unplanted: (any FeatureSource)?
    let notes: [String]

    init(_ options: ProbeEncoder.Options, progress: ProgressHandler?) throws {
      self.options = options
      self.progress = progress
      try options.settings.validate()
      data = try DemonstrationSamples(options, progress: progress)
      cache = FeatureCache(options.cache)
      let (speaks, silence) = try ProbeEncoder.speech(
        of: options.checkpoint, StageSelection([]), on: data.demonstrations)
      self.speaks = speaks
      hash = try CheckpointHash.sha256(of: options.checkpoint, language: speaks)
      random = try Self.features(
        cache, data, options, [hash, options.randomRole], "random weights", nil, speaks: false, progress
      ) {
        try options.randomTwin(speaks: false)
      }
      notes = data.notes + [try data.decoded.findings().note, silence].compactMap(\.self)
    }

    /// The checkpoint with a plant and one target; `nil` where it has no weights to change.
    mutating func plant(_ plant: Plant, seed: UInt64, target: Int) throws -> ProbeProblem? {
      if let parameters = plant.parameters, parameters(options.checkpoint, seed) == nil { return nil }
      var planted = try problem(plant, seed: seed)
      let own = planted.targets[target]
      planted.targets = [own]
      guard let labels = plant.labels else { return planted }
      let folds = EpisodeFolds(
        tasks: planted.tasks, groups: planted.episodeGroups, episodeOfFrame: planted.episodeOfFrame,
        count: options.settings.folds,
        seed: options.settings.seed)
      planted.targets = [
        ResolvedTarget(
          own.target, columns: own.columns, values: labels(own.values, folds, planted.tasks, seed))
      ]
      return planted
    }

    /// The checkpoint with a plant, or as it is.
    mutating func problem(_ plant: Plant?, seed: UInt64 = 0) throws -> ProbeProblem {
      let checkpoint = options.checkpoint
      let precision = plant?.precision ?? options.precision
      let runsAnew = plant.map { $0.parameters != nil || $0.sample != nil || $0.precision != nil } ?? true
      var features: any FeatureSource
      if !runsAnew, let unplanted {
        features = unplanted
      } else {
        let key = [
          hash, "plant \(plant?.id ?? "none") \(seed) \(precision.rawValue)", speaks ? "told" : "not told",
        ]
        features = try Self.features(
          cache, data, options, key, plant?.title ?? "the checkpoint", plant, speaks: speaks, progress
        ) { [speaks] in
          let sides: Set<VisionLanguageModel.Side> =
            speaks ? Set(VisionLanguageModel.Side.allCases) : [.vision]
          guard let change = plant?.parameters?(checkpoint, seed) else {
            return try VisionLanguageModel(checkpoint, precision: precision, sides: sides)
          }
          return try VisionLanguageModel(
            parameters: ChangedParameters(checkpoint, where: change.isChanged, change.change), of: checkpoint,
            precision: precision, sides: sides)
        }
      }
      if plant == nil { unplanted = features }
      if let change = plant?.features { features = change(features, seed) }
      return try data.problem(trained: features, randomlyInitialised: random, comparison: nil)
    }

    private static func features(
      _ cache: FeatureCache, _ data: DemonstrationSamples, _ options: ProbeEncoder.Options, _ key: [String],
      _ name: String, _ plant: Plant?, speaks: Bool, _ progress: ProgressHandler?,
      _ model: @escaping () throws -> VisionLanguageModel
    ) throws -> any FeatureSource {
      let side = options.settings.gridSide
      var (frames, key) = (data.decoded.frames(areTold: speaks), key + ["grid \(side)", "exits"])
      if let sample = plant?.sample {
        let tasks = data.demonstrations.tasks
        frames = frames.map { try sample($0, tasks) }
        key.append("of \(tasks)")
      }
      let encoding = FeatureCache.Encoding(
        key: key, label: "\(name), for validation", name: name, frames: frames, gridSide: side
      ) {
        try PooledModel(try model(), finer: StageSelection.exits(of:)) {
          try StageSelection([StageSelection.exits]).chosen(of: $0, in: options.checkpoint.path)
        }
      }
      return try cache.features(of: encoding, progress: progress).features
    }
  }
}

extension ProbeValidation.Outcome {
  /// What findings say of one target.
  init(_ findings: ProbeFindings, target: String) {
    let verdict = findings.verdicts.first { $0.target == target }!
    self.init(
      outcome: verdict.outcome, modules: verdict.modules, sentence: verdict.sentence,
      losses: findings.contrasts.filter { $0.target == target }.map {
        Loss(module: $0.module, value: $0.value, interval: $0.interval)
      })
  }
}

extension ProbeValidation.Null {
  init(_ plant: Plant, _ results: [ProbeValidation.Outcome], unplanted: ProbeValidation.Outcome) {
    let named = results.filter { $0.outcome == .bottleneck }
    self.init(
      plant: plant.id, title: plant.title, count: results.count,
      outcomes: results.reduce(into: [:]) { counts, result in
        counts[result.outcome == .bottleneck ? result.modules[0].id : result.outcome.rawValue, default: 0] +=
          1
      },
      // Labels of other episodes have no module to name; a new basis none that was not named in the old one.
      wrong: named.count { plant.labels != nil || $0.modules != unplanted.modules })
  }
}

extension ProbeValidation.DoseResponse {
  /// Those of at least two doses.
  static func all(_ rows: [ProbeValidation.Row], delta: Double) -> [ProbeValidation.DoseResponse] {
    var series: [String] = []
    for case let title? in Plant.all.map(\.series) where !series.contains(title) { series.append(title) }
    return series.compactMap { title in
      let plants = Plant.all.filter { $0.series == title }
      guard case .loss(let modules)? = plants.first?.expected else { return nil }
      let doses = rows.filter { row in plants.contains { $0.id == row.plant } }
      let losses = doses.compactMap { $0.result.losses.first { $0.module == modules[0] }?.value }
      guard losses.count > 1 else { return nil }
      return Self(
        title: title, module: modules[0], plants: doses.map(\.plant), losses: losses,
        isMonotone: losses.indices.dropFirst().allSatisfy { losses[$0] >= losses[..<$0].max()! - delta })
    }
  }
}

extension Plant.Expectation {
  var words: String {
    switch self {
    case .nothing: "nothing new"
    case .loss(let modules): modules.map(\.name).joined(separator: ", ")
    case .notIdentifiable: "not identifiable"
    }
  }

  /// When `isMet` says yes.
  static let rule =
    "A plant is found where the verdict names its module, or where that module's loss is certainly more than the margin, grew by "
    + "more than that over the unplanted one's, and no other did so; of two plants one is enough, for it may hide the other. "
    + "\"Nothing new\": no loss grew by more than the margin."

  /// Whether a result is what was expected, the unplanted checkpoint having its own losses.
  func isMet(by result: ProbeValidation.Outcome, before: ProbeValidation.Outcome, delta: Double) -> Bool {
    func growth(_ loss: ProbeValidation.Outcome.Loss) -> Double {
      loss.value - (before.losses.first { $0.module == loss.module }?.value ?? 0)
    }
    switch self {
    case .nothing: return result.losses.allSatisfy { growth($0) <= delta }
    case .notIdentifiable: return result.outcome == .notIdentifiable
    case .loss(let modules):
      if result.outcome == .bottleneck { return modules.contains(result.modules[0]) }
      let certain = result.losses.filter { $0.interval.lower > delta && growth($0) > delta }
      return !certain.isEmpty && certain.allSatisfy { modules.contains($0.module) }
    }
  }
}
