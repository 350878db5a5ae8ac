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
    let checkpoint = options.checkpoint
    let second = options.compare
    let selection = StageSelection(options.stages)
    let (speaks, silence) = try speech(of: checkpoint, selection, on: data.demonstrations)
    let (secondSpeaks, secondSilence) =
      try second.map { try speech(of: $0, selection, on: data.demonstrations) } ?? (false, nil)
    let hash = try CheckpointHash.sha256(of: checkpoint, language: speaks)
    let secondHash = try second.map { try CheckpointHash.sha256(of: $0, language: secondSpeaks) }
    clock.lap("hashing checkpoints")

    let cache = FeatureCache(options.cache)
    let side = options.settings.gridSide
    let frameCount = data.demonstrations.frameCount
    // Without the flag, random weights stand beside the vision side only.
    let randomSpeaks = speaks && options.randomisesLanguage
    let trainedRole = Role("checkpoint \(options.precision.rawValue)", hash, speaks: speaks)
    let randomRole = Role(options.randomRole, hash, speaks: randomSpeaks)
    let comparedRole = secondHash.map {
      Role("checkpoint \(options.comparePrecision.rawValue)", $0, speaks: secondSpeaks)
    }
    func key(_ role: Role) -> [String] {
      role.key + ["grid \(side)"] + (options.stages.isEmpty ? [] : ["stages \(options.stages.sorted())"])
    }
    func frames(_ role: Role) -> FeatureCache.Frames { data.decoded.frames(areTold: role.speaks) }
    var toCome = [trainedRole, randomRole] + [comparedRole].compactMap(\.self)
    let encoders = toCome.count
    /// - Parameter name: the encoder, for people.
    func features(_ role: Role, _ name: String, _ model: () throws -> VisionLanguageModel) throws
      -> FeatureCache.Outcome
    {
      toCome.removeFirst()
      let others = toCome
      let outcome = try cache.features(
        key: key(role),
        label: "\(name), \(frameCount) frames of \(Self.shortName(options.data))",
        frames: frames(role),
        gridSide: side, activity: "encoding with \(name)", progress: progress,
        later: { stages, secondsPerFrame in
          let uncached = others.count { !cache.has(key: key($0), of: frames($0)) }
          return Double(uncached * frameCount)
            + Self.fittingSeconds(frames: frameCount, stages: stages, encoders: encoders)
            / secondsPerFrame
        },
        model: {
          try PooledModel(try model(), finer: role == randomRole ? { _ in [] } : StageSelection.exits(of:)) {
            points in
            try role == randomRole
              ? selection.common(to: points) : selection.chosen(of: points, in: checkpoint.path)
          }
        })
      clock.lap("encoding with \(name)" + (outcome.fromCache ? ", from the cache" : ""))
      return outcome
    }
    let name = Self.shortName(checkpoint.path)
    let trained = try features(trainedRole, name) {
      try VisionLanguageModel(checkpoint, precision: options.precision, sides: sides(speaks))
    }
    let random = try features(randomRole, "random weights like \(name)") {
      try options.randomTwin(speaks: randomSpeaks)
    }
    let compared = try second.map { second in
      try features(comparedRole!, Self.shortName(second.path)) {
        try VisionLanguageModel(second, precision: options.comparePrecision, sides: sides(secondSpeaks))
      }
    }
    let references = try options.references.map { reference in
      let outcome = try exits(of: reference, speaks: false, data, options, progress)
      clock.lap("encoding with \(Self.shortName(reference.path))")
      return (
        subject: subject(
          reference, options.precision, try CheckpointHash.sha256(of: reference, language: false),
          outcome.fromCache), outcome: outcome
      )
    }
    let randomNote =
      options.randomisesLanguage && !speaks
      ? "Random weights stand beside the vision side only: the language model is not probed." : nil
    let instructionNote = noInstructions(options, data.demonstrations, speaks)
    let told =
      try options.contrastsInstructions && instructionNote == nil
      ? [InstructionContrast.Told.wrong, .none].map { told in
        try exits(of: checkpoint, speaks: true, told: told, data, options, progress)
      } : []
    if !told.isEmpty { clock.lap("encoding with other instructions") }
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
      try ProbeEvaluation.exits(of: $0.outcome.features).flatMap(\.self)
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
    let encodings = [trained, random] + [compared].compactMap(\.self) + references.map(\.outcome) + told
    var notes =
      data.notes
      + [frameFindings.note, silence, secondSilence, randomNote, instructionNote].compactMap(\.self)
    notes += encodings.compactMap(\.note)
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
      subject: subject(checkpoint, options.precision, hash, trained.fromCache),
      comparisonSubject: second.map {
        subject($0, options.comparePrecision, secondHash!, compared!.fromCache)
      },
      referenceSubjects: references.map(\.subject),
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

  /// Why other instructions cannot be tried where that is asked for.
  private static func noInstructions(
    _ options: Options, _ demonstrations: Demonstrations, _ speaks: Bool
  ) -> String? {
    guard options.contrastsInstructions else { return nil }
    if !speaks { return "Other instructions were not tried: the language model is not probed." }
    return demonstrations.tasks.count > 1
      ? nil : "Other instructions were not tried: there is one task only, and no other to tell."
  }

  /// The outputs of a checkpoint's modules on all frames: for a ranking, a reference, or with another instruction.
  static func exits(
    of checkpoint: MappedCheckpoint, speaks: Bool, told: InstructionContrast.Told = .right,
    _ data: DemonstrationSamples,
    _ options: ProbeEncoder.Options,
    _ progress: ProgressHandler?
  ) throws -> FeatureCache.Outcome {
    let name = shortName(checkpoint.path)
    let side = options.settings.gridSide
    let key =
      [
        try CheckpointHash.sha256(of: checkpoint, language: speaks), "exits \(options.precision.rawValue)",
        "grid \(side)", speaks ? "told" : "not told",
      ] + (told == .right ? [] : ["\(told.rawValue) instruction of \(data.demonstrations.tasks)"])
    let tasks = data.demonstrations.tasks
    return try FeatureCache(options.cache).features(
      key: key,
      label: "\(name), outputs of modules, \(data.demonstrations.frameCount) frames"
        + (told == .right ? "" : ", \(told.rawValue) instruction"),
      frames: data.decoded.frames(areTold: speaks).map { told.sample($0, tasks: tasks) },
      gridSide: side, activity: "encoding with \(name)", progress: progress,
      model: {
        try PooledModel(
          try VisionLanguageModel(
            checkpoint, precision: options.precision,
            sides: speaks ? Set(VisionLanguageModel.Side.allCases) : [.vision]),
          finer: StageSelection.exits(of:)
        ) { try StageSelection([StageSelection.exits]).chosen(of: $0, in: checkpoint.path) }
      })
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
    return ProbeSubject(
      path: checkpoint.path, family: checkpoint.configuration.family,
      precision: arithmetic(of: checkpoint, precision).rawValue, sha256: hash, featuresFromCache: fromCache)
  }

  /// What linear layers run in.
  fileprivate static func arithmetic(of checkpoint: MappedCheckpoint, _ precision: Precision) -> Precision {
    precision == .int8
      || (precision == .stored && checkpoint.parameters.values.contains { $0.dtype == .i8 })
      ? .int8 : .float32
  }
}

/// What decides the features of an encoder besides frames and settings.
private struct Role: Equatable {
  let key: [String]
  let speaks: Bool

  init(_ what: String, _ checkpointSHA256: String, speaks: Bool) {
    key = [checkpointSHA256, what + (speaks ? ", told" : "")]
    self.speaks = speaks
  }
}

extension ProbeEncoder.Options {
  private var arithmetic: Precision { ProbeEncoder.arithmetic(of: checkpoint, precision) }

  /// What decides the features of `randomTwin`, besides the checkpoint.
  var randomRole: String {
    "random weights \(settings.randomInitSeed)" + (arithmetic == .int8 ? ", int8" : "")
  }

  /// The model as if it had never been trained, in the arithmetic of the checkpoint.
  func randomTwin(speaks: Bool) throws -> VisionLanguageModel {
    try .randomlyInitialised(
      like: checkpoint, seed: settings.randomInitSeed, precision: arithmetic,
      sides: ProbeEncoder.sides(speaks))
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
