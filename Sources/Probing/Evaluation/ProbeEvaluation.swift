internal import Features
internal import Statistics
internal import Synchronization
package import Tensors

/// Scores every stage of every encoder and draws the conclusions; no file, no encoder.
package enum ProbeEvaluation {
  /// - Throws: `probing.data.too-few`, `probing.features.not-finite`, `probing.numerics.diverged`, and what reading
  ///   features throws.
  package static func run(
    _ problem: ProbeProblem, settings: ProbeSettings, progress: ProgressHandler? = nil
  ) throws -> ProbeFindings {
    try SingleThreadedBLAS.during {
      let validation = try CrossValidation(problem, settings: settings)
      let jobs = try list(validation)
      let (results, framesNull) = try runAll(jobs, validation, attention(validation), progress)
      let ladder = try ladderScores(validation, progress)
      return try ProbeFindings(validation, results, ladder, framesNull: framesNull)
    }
  }

  /// What the frames and the modules' outputs hold together; each output in its finest grid where it has one.
  private static func ladderScores(
    _ validation: CrossValidation, _ progress: ProgressHandler?
  ) throws -> LadderScores {
    let problem = validation.problem
    let exits = try exits(of: problem.trained)
    let forms = problem.baselineForms
    let baselines = try forms.map { (form) throws in try FrameKernels(problem.baselines[form]!) }
    return try LadderScores(
      frames: [problem.frames] + problem.references, exits: exits, baselines: baselines,
      kinds: problem.targets.map { forms.firstIndex(of: $0.baseline)! }, taskOfFrame: problem.taskOfFrame,
      fuses: problem.ladder.fuses, folds: validation.folds,
      responses: validation.targetResponses, groups: validation.targetGroups,
      measures: problem.unitErrors.map { target, errors in
        KernelSets.Measure(target: target) { errors.sum($0, frames: $1) }
      }, progress: progress)
  }

  /// How much more all episodes read than fewer of them.
  package static func learning(
    _ problem: ProbeProblem, _ findings: ProbeFindings, seed: UInt64, progress: ProgressHandler? = nil
  ) throws -> [ProbeLearningCurve] {
    try SingleThreadedBLAS.during {
      try findings.joint.learningCurves(
        problem, modules: problem.ladder.rungs.map(\.module), seed: seed, progress: progress)
    }
  }

  /// What every cell of the modules' outputs tells.
  package static func maps(
    _ problem: ProbeProblem, _ findings: ProbeFindings, settings: ProbeSettings,
    progress: ProgressHandler? = nil
  ) throws -> [ProbeMaps.Map] {
    try SingleThreadedBLAS.during {
      try CellMaps.of(problem, folds: findings.folds, settings: settings, progress: progress)
    }
  }

  /// By module the kernels of what leaves it, each stage in its finest grid.
  static func exits(of source: any FeatureSource) throws -> [[FrameKernels]] {
    let blocks = ProbeLadder(source.stages).rungs.map(\.blocks)
    let indices = blocks.flatMap(\.self)
    let kernels = try Parallel.map(indices.count, threads: finestAtOnce) { place in
      let stage = source.stages[indices[place]]
      let values = try features(source, indices[place], stage.finest)
      return try FrameKernels(values, cells: max(values.rowWidth / stage.width, 1))
    }
    let kernel = Dictionary(uniqueKeysWithValues: zip(indices, kernels))
    return blocks.map { $0.map { kernel[$0]! } }
  }

  /// Readouts of the finest grids that are in memory at a time; each is worked on by all threads that are free.
  private static var finestAtOnce: Int { min(Parallel.threads, 4) }

  private static func list(_ validation: CrossValidation) throws -> [ProbeJob] {
    let problem = validation.problem
    let forms = problem.baselineForms
    var jobs = forms.map { ProbeJob.floor($0) }
    if problem.oracle != nil { jobs += [.oracle] + forms.map { .ceiling($0) } }
    let encoders: [(ProbeScore.EncoderRole, (any FeatureSource)?)] = [
      (.none, problem.pixels), (.trained, problem.trained),
      (.randomlyInitialised, problem.randomlyInitialised),
      (.comparison, problem.comparison),
    ]
    for (role, source) in encoders {
      guard let source else { continue }
      for stage in source.stages.indices {
        jobs += validation.readouts(source.stages[stage]).map { .stage(role, stage, $0) }
      }
    }
    for stage in problem.ladder.rungs.map(\.exit) {
      jobs += validation.readouts(problem.trained.stages[stage]).map { .stageWithTask(stage, $0) }
    }
    return jobs
  }

  /// What learned queries pool of the stages that are read so.
  private static func attention(_ validation: CrossValidation) throws -> [AttendedStage: [Set<Int>: Matrix]] {
    let problem = validation.problem
    let roles = [ProbeScore.EncoderRole.trained] + (problem.comparison == nil ? [] : [.comparison])
    let attended = roles.flatMap { role in
      problem.source(role).stages.enumerated().filter { validation.readouts($0.element).contains(.attentive) }
        .map { AttendedStage(role: role, stage: $0.offset) }
    }
    let pools = try Parallel.map(attended.count, threads: finestAtOnce) { place in
      let (source, index) = (problem.source(attended[place].role), attended[place].stage)
      let values = try features(source, index, .fine)
      let cells = values.rowWidth / source.stages[index].width
      let pooling = AttentivePooling(
        tokens: try CellMaps.components(values, cells: cells, seed: validation.settings.seed), cells: cells)
      return AttentiveDesign.pools(
        pooling, folds: validation.folds, responses: validation.targetResponses)
    }
    return Dictionary(uniqueKeysWithValues: zip(attended, pools))
  }

  private struct AttendedStage: Hashable {
    let role: ProbeScore.EncoderRole
    let stage: Int
  }

  /// The results of all jobs, and the permutation null of the frames' own features.
  private static func runAll(
    _ jobs: [ProbeJob], _ validation: CrossValidation, _ pools: [AttendedStage: [Set<Int>: Matrix]],
    _ progress: ProgressHandler?
  ) throws -> ([ProbeJob: ProbeJobResult], framesNull: [PermutationNull.Outcome]) {
    let done = Atomic<Int>(0)
    let framesNull = Mutex<[PermutationNull.Outcome]>([])
    // The longest first, so that no core waits long for the last: grids are solved between frames, means between features.
    let jobs = jobs.filter(\.isLong) + jobs.filter { !$0.isLong }
    let results: [ProbeJobResult?] = try Parallel.map(jobs.count + 1) { index in
      guard index > 0 else {
        let outcomes = try validation.permuted(validation.problem.frames)
        framesNull.withLock { $0 = outcomes }
        return nil
      }
      let result = try run(jobs[index - 1], validation, pools)
      let count = done.wrappingAdd(1, ordering: .relaxed).newValue
      progress?(ProgressReport(activity: "fitting probes", completed: count, total: jobs.count, unit: .steps))
      return result
    }
    return (
      Dictionary(uniqueKeysWithValues: zip(jobs, results.compactMap(\.self))),
      framesNull.withLock(\.self)
    )
  }

  private static func run(
    _ job: ProbeJob, _ validation: CrossValidation, _ pools: [AttendedStage: [Set<Int>: Matrix]]
  ) throws -> ProbeJobResult {
    let problem = validation.problem
    switch job {
    case .stage(let role, let stage, .attentive):
      return ProbeJobResult(
        score: try validation.score(
          attended: pools[AttendedStage(role: role, stage: stage)]!, withTask: false,
          controlled: role == .trained && problem.ladder.isOutput(stage)), null: nil)
    case .stageWithTask(let stage, .attentive):
      return ProbeJobResult(
        score: try validation.score(
          attended: pools[AttendedStage(role: .trained, stage: stage)]!, withTask: true,
          controlled: problem.ladder.isOutput(stage)), null: nil)
    case .stage(let role, let stage, let readout):
      let features = Matrix(try features(problem.source(role), stage, readout))
      // What the encoder passes on is what a verdict may credit it with; that has to be shown to be neither luck nor scenes
      // known again.
      let isOutput = role == .trained && problem.ladder.isOutput(stage)
      return ProbeJobResult(
        score: try validation.score(features, controlled: isOutput),
        null: isOutput ? try validation.permuted(features) : nil)
    case .stageWithTask(let stage, let readout):
      let features = Matrix(try features(problem.trained, stage, readout))
      return ProbeJobResult(
        score: try validation.scoreWithTask(
          features, standardised: false, controlled: problem.ladder.isOutput(stage)), null: nil)
    case .oracle:
      let oracle = problem.oracle!
      return ProbeJobResult(
        score: try validation.scoreWithTask(oracle, standardised: true), null: nil)
    case .floor(let form):
      return ProbeJobResult(
        score: try validation.scoreWithTask(problem.baselines[form]!, standardised: true), null: nil)
    case .ceiling(let form):
      let both = Matrix.beside([problem.oracle!, problem.baselines[form]!])
      return ProbeJobResult(
        score: try validation.scoreWithTask(both, standardised: true), null: nil)
    }
  }

  private static func features(
    _ source: any FeatureSource, _ stage: Int, _ readout: Readout
  ) throws -> FloatTensor {
    guard let features = try source.features(stage, readout) else {
      preconditionFailure("\(source.stages[stage].name) has no \(readout) readout")
    }
    return features
  }
}

extension ProbeProblem {
  /// The features of an encoder; traps for a comparison that is not there.
  func source(_ role: ProbeScore.EncoderRole) -> any FeatureSource {
    switch role {
    case .none: pixels
    case .trained: trained
    case .randomlyInitialised: randomlyInitialised
    case .comparison: comparison!
    }
  }
}
