internal import Checkpoints
public import Datasets
public import Features
internal import Foundation
internal import Images
public import Mapping
public import Runtime
public import Tensors

/// `vlmtool probe encoder`: from a checkpoint and demonstrations to a report.
public enum ProbeEncoder {
  /// What is probed, on which data.
  public struct Options: Sendable {
    /// The model that is probed.
    public var checkpoint: MappedCheckpoint
    /// Path of the demonstrations.
    public var data: String
    /// Of linear layers.
    public var precision = Precision.stored
    /// A second checkpoint (int8, or before and after fine-tuning), compared stage by stage on the same episodes.
    public var compare: MappedCheckpoint?
    package var comparePrecision = Precision.stored
    /// Encoders of which the vision side says, beside fixed features, what the frames hold.
    public var references: [MappedCheckpoint] = []
    /// Whether the language model stands beside one of random weights too, and not the vision side only: it runs once more.
    public var randomisesLanguage = false
    /// Whether the language model is run twice more, told another task's instruction and none.
    public var contrastsInstructions = false
    /// Names as `ee-position` or `obs/KEY`; by default all that the data has.
    public var targets: [String] = []
    /// Which stages are probed, by module, name or beginning of a name; by default all. Exits of modules always are.
    public var stages: [String] = []
    /// Which frames are used, and how they are read.
    public var dataOptions = DemonstrationOptions()
    /// Frames that positions are drawn into, and maps laid over in turn: 1 to 24.
    public var exampleFrames = 3
    /// Folds, permutations, margins.
    public var settings = ProbeSettings()
    /// Where activations are kept for the next run; by default nowhere.
    public var cache: FeatureCache.Place
    /// Folders in which other runs kept theirs (`ProbeShare`), which are read and nothing else.
    public var readCaches: [String] = []
    /// Where to write features, splits, targets and predictions for a check elsewhere.
    public var export: String?

    /// Probes every stage from pixels to the last token on all targets that the data has.
    ///
    /// - Parameter data: a recording or a folder of them.
    public init(checkpoint: MappedCheckpoint, data: String, cache: FeatureCache.Place = .none) {
      self.checkpoint = checkpoint
      self.data = data
      self.cache = cache
    }
  }

  /// What to say when `data` is a checkpoint and `checkpoint` is data; `nil` when that is not so.
  package static func swapped(checkpoint: String, data: String) -> VLMError? {
    guard (try? Checkpoint.open(data)) != nil, (try? DemonstrationFormat.open(checkpoint)) != nil else {
      return nil
    }
    return VLMError(
      .probeSwapped, "is a checkpoint, and \(checkpoint) holds demonstrations", file: data,
      remedy: "are checkpoint and --data swapped?")
  }

  /// What is known before an encoder runs and all frames are read: how the data are read, and what will be missing.
  public struct Preview: Sendable {
    package let data: ProbeDataFacts
    package let targets: [ProbeTargetFacts]
    /// What was chosen or will be missing, a sentence each.
    public let notes: [String]
  }

  /// Probes a model: how well a linear probe reads the robot's state and next action from every stage.
  ///
  /// `progress` hears of images encoded and probes fitted, `preview` of what was chosen before that.
  ///
  /// - Throws: the errors of the checkpoint, the data and the encoder, and `probing.*`.
  public static func run(
    _ options: Options, progress: ProgressHandler? = nil, preview: (Preview) -> Void = { _ in }
  ) throws -> ProbeReport {
    try options.settings.validate()
    guard (1...24).contains(options.exampleFrames) else {
      throw VLMError(
        .probeSettingInvalid, "example-frames is \(options.exampleFrames)", remedy: "give 1 to 24")
    }
    var clock = Stopwatch()
    let data = try DemonstrationSamples(options, progress: progress)
    clock.lap("reading demonstrations")
    preview(Preview(data: data.facts(), targets: data.targetFacts, notes: data.notes))
    let (checkpoint, second) = (options.checkpoint, options.compare)
    let encodings = try ProbeEncodings(options, data)
    clock.lap("hashing checkpoints")

    let cache = FeatureCache(options.cache, reading: options.readCaches)
    // References and other instructions are of outputs only, and soon done.
    var toCome = [encodings.trained, encodings.random] + [encodings.compared].compactMap(\.self)
    let encoders = toCome.count
    func features(_ encoding: FeatureCache.Encoding) throws -> FeatureCache.Outcome {
      let others = Array(toCome.dropFirst())
      if !toCome.isEmpty { toCome.removeFirst() }
      let outcome = try cache.features(
        of: encoding, progress: progress,
        later: { stages, secondsPerFrame in
          let uncached = others.count { !cache.has($0) }
          return Double(uncached * encoding.frames.count)
            + Self.fittingSeconds(frames: encoding.frames.count, stages: stages, encoders: encoders)
            / secondsPerFrame
        })
      clock.lap("encoding with \(encoding.name)" + (outcome.fromCache ? ", from the cache" : ""))
      return outcome
    }
    let trained = try features(encodings.trained)
    let random = try features(encodings.random)
    let compared = try encodings.compared.map { try features($0) }
    let references = try encodings.references.map { try features($0) }
    let told = try encodings.told.map { try features($0) }
    data.decoded.release()
    let frameFindings = try data.decoded.findings()
    if let compared,
      !compared.features.stages.contains(where: { stage in
        trained.features.stages.contains { $0.name == stage.name }
      })
    {
      throw VLMError(
        .probeComparisonMismatch, "it has no stage in common with \(checkpoint.path)",
        file: second?.path,
        remedy: "compare checkpoints of one architecture")
    }
    var problem = try data.problem(
      trained: trained.features, randomlyInitialised: random.features, comparison: compared?.features)
    problem.references = try references.flatMap {
      try ProbeEvaluation.exits(of: $0.features).flatMap(\.self)
    }
    let findings = try ProbeEvaluation.run(problem, settings: options.settings, progress: progress)
    clock.lap("fitting probes")
    let contrasts =
      told.isEmpty
      ? []
      : try ProbeEvaluation.instructions(
        problem, findings, wrong: told[0].features, none: told[1].features, settings: options.settings)
    let learning = try ProbeEvaluation.learning(
      problem, findings, seed: options.settings.seed, progress: progress)
    clock.lap("learning curves")
    let maps = ProbeMaps(
      view: try PictureView(
        of: checkpoint, width: data.demonstrations.imageWidth, height: data.demonstrations.imageHeight),
      maps: try ProbeEvaluation.maps(problem, findings, settings: options.settings, progress: progress),
      examples: frameFindings.examples)
    clock.lap("maps of cells")
    if let file = options.export {
      try ProbeExport.write(problem, findings, origin: data.origin, settings: options.settings, to: file)
      clock.lap("writing the export")
    }
    var notes = data.notes + [frameFindings.note].compactMap(\.self) + encodings.notes
    notes += ([trained, random] + [compared].compactMap(\.self) + references + told).compactMap(\.note)
    if let compared { notes += StagePairing(trained.features.stages, compared.features.stages).notes }
    if options.settings.attends {
      let stages = trained.features.stages
      let vectors = Set(problem.ladder.rungs.flatMap(\.blocks)).sorted().filter { !stages[$0].hasFine }
      if !vectors.isEmpty {
        let names = vectors.map { stages[$0].name }.joined(separator: ", ")
        notes.append("No query is learned where a stage is one vector: \(names).")
      }
    }
    return ProbeReport(
      subject: subject(checkpoint, options.precision, encodings.sha256, trained.fromCache),
      comparisonSubject: second.map {
        subject($0, options.comparePrecision, encodings.comparedSHA256!, compared!.fromCache)
      },
      referenceSubjects: zip(options.references, zip(encodings.referenceSHA256, references)).map {
        subject($0, options.precision, $1.0, $1.1.fromCache)
      },
      settings: options.settings, data: data.facts(imagesSHA256: frameFindings.sha256),
      targets: data.targetFacts,
      stages: problem.pixels.stages + trained.features.stages, scores: findings.scores,
      references: findings.references, contrasts: findings.contrasts, verdicts: findings.verdicts,
      overall: findings.overall, instructions: contrasts, byTask: findings.byTask,
      taskSentences: Wording.worstTasks(findings.byTask, findings.references, problem.targets),
      learning: learning, learningSentence: Wording.learning(learning, findings.references, problem.targets),
      maps: maps, traces: findings.joint.traces(problem),
      projections: try data.projections(problem, findings), comparison: findings.comparison,
      comparisonSentence: findings.comparisonSentence,
      caveats: Wording.caveats(problem.ladder.modules), notes: notes, timings: clock.timings,
      thumbnail: frameFindings.thumbnail)
  }

  /// Whether the language model is probed, and a note where it should be and cannot.
  ///
  /// - Throws: why it cannot, where its stages were named.
  static func speech(
    of checkpoint: MappedCheckpoint, _ selection: StageSelection, on demonstrations: Demonstrations
  ) throws -> (Bool, String?) {
    guard selection.reachesLanguage else { return (false, nil) }
    guard let silence = VisionLanguageModel.silence(of: checkpoint) ?? demonstrations.silence else {
      return (true, nil)
    }
    guard selection.names.isEmpty else { throw silence }
    return (false, "The language model of \(shortName(checkpoint.path)) is not probed: \(silence.message).")
  }

  /// The outputs of a checkpoint's modules on all frames: for a ranking, a reference, or with another instruction.
  static func exits(
    of checkpoint: MappedCheckpoint, speaks: Bool, told: InstructionContrast.Told = .right, _ data: DemonstrationSamples,
    _ options: ProbeEncoder.Options
  ) throws -> FeatureCache.Encoding {
    let name = shortName(checkpoint.path)
    let side = options.settings.gridSide
    let tasks = data.demonstrations.tasks
    return FeatureCache.Encoding(
      key: [
        try CheckpointHash.sha256(of: checkpoint, language: speaks), "exits \(options.precision.rawValue)",
        "grid \(side)", speaks ? "told" : "not told",
      ] + (told == .right ? [] : ["\(told.rawValue) instruction of \(tasks)"]),
      label: "\(name), outputs of modules, \(data.demonstrations.frameCount) frames"
        + (told == .right ? "" : ", \(told.rawValue) instruction"),
      name: name, frames: data.decoded.frames(areTold: speaks).map { told.sample($0, tasks: tasks) }, gridSide: side
    ) {
      try PooledModel(
        try VisionLanguageModel(
          checkpoint, precision: options.precision,
          sides: speaks ? Set(VisionLanguageModel.Side.allCases) : [.vision]),
        finer: StageSelection.exits(of:)
      ) { try StageSelection([StageSelection.exits]).chosen(of: $0, in: checkpoint.path) }
    }
  }

  static func sides(_ speaks: Bool) -> Set<VisionLanguageModel.Side> {
    speaks ? Set(VisionLanguageModel.Side.allCases) : [.vision]
  }

  /// About how long the probes of all stages take: measured at 780 frames on two cores, and growing with their square.
  private static func fittingSeconds(frames: Int, stages: Int, encoders: Int) -> Double {
    let size = Double(frames) / 780
    return 1.2 * Double(stages * encoders) * size * size * 2 / Double(Parallel.threads)
  }

  /// The last part of a path; of a snapshot in the hub cache the model's name.
  static func shortName(_ path: String) -> String {
    let parts = path.split(separator: "/")
    if let model = parts.last(where: { $0.hasPrefix("models--") }) {
      return model.split(separator: "--").dropFirst().joined(separator: "/")
    }
    return parts.last.map(String.init) ?? path
  }

  static func subject(
    _ checkpoint: MappedCheckpoint, _ precision: Precision, _ hash: String, _ fromCache: Bool
  ) -> ProbeSubject {
    ProbeSubject(
      path: checkpoint.path, family: checkpoint.configuration.family, precision: words(for: precision, of: checkpoint),
      sha256: hash, featuresFromCache: fromCache)
  }

  /// The arithmetic, and whether a checkpoint that runs as stored has what comes into its layers rounded.
  private static func words(for precision: Precision, of checkpoint: MappedCheckpoint) -> String {
    let arithmetic = arithmetic(of: checkpoint, precision)
    let rounds = precision == .stored && arithmetic == .float32 && checkpoint.parameters.keys.contains {
      switch checkpoint.inputRounding($0) {
      case .perToken, .scale: true
      case .other, nil: false
      }
    }
    return arithmetic.rawValue + (rounds ? " of inputs rounded to int8" : "")
  }

  /// What linear layers run in.
  static func arithmetic(of checkpoint: MappedCheckpoint, _ precision: Precision) -> Precision {
    precision == .int8
      || (precision == .stored && checkpoint.parameters.values.contains { $0.dtype == .i8 })
      ? .int8 : .float32
  }
}

/// Wall-clock seconds of one part after another.
private struct Stopwatch {
  private(set) var timings: [ProbeTiming] = []
  private var last = ContinuousClock.now

  mutating func lap(_ activity: String) {
    let now = ContinuousClock.now
    let (seconds, attoseconds) = (now - last).components
    timings.append(ProbeTiming(activity: activity, seconds: Double(seconds) + Double(attoseconds) * 1e-18))
    last = now
  }
}
