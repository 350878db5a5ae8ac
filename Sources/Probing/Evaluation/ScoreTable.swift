internal import Features
internal import Statistics

/// The scored feature sets of a run by what they are, and the figures derived from them.
struct ScoreTable {
  let validation: CrossValidation
  let results: [ProbeJob: ProbeJobResult]
  let ladder: ProbeLadder
  /// What the frames and the exits hold together.
  let joint: LadderScores
  let framesNull: [PermutationNull.Outcome]
  /// The better readout of each stage, chosen in the inner folds.
  private let chosen: [StageKey: FeatureSetScore]

  struct StageKey: Hashable {
    let encoder: ProbeScore.EncoderRole
    let stage: Int
    var withTask = false
  }

  var problem: ProbeProblem { validation.problem }
  var targetIndices: Range<Int> { problem.targets.indices }

  init(
    _ validation: CrossValidation, _ results: [ProbeJob: ProbeJobResult], _ joint: LadderScores,
    framesNull: [PermutationNull.Outcome]
  ) {
    self.joint = joint
    self.framesNull = framesNull
    self.validation = validation
    self.results = results
    ladder = validation.problem.ladder
    var chosen: [StageKey: FeatureSetScore] = [:]
    func choose(_ key: StageKey, _ jobs: [ProbeJob]) {
      let (responses, groups) = validation.labels(
        controlled: key.encoder == .trained && validation.problem.ladder.isOutput(key.stage))
      chosen[key] = FeatureSetScore.chosen(
        jobs.map { results[$0]!.score }, groups: groups, folds: validation.folds, responses: responses)
    }
    for role in ProbeScore.EncoderRole.allCases
    where role != .comparison || validation.problem.comparison != nil {
      let stages = validation.problem.source(role).stages
      for stage in stages.indices {
        choose(
          StageKey(encoder: role, stage: stage),
          validation.readouts(stages[stage]).map { .stage(role, stage, $0) })
      }
    }
    for stage in ladder.rungs.map(\.exit) {
      choose(
        StageKey(encoder: .trained, stage: stage, withTask: true),
        validation.readouts(validation.problem.trained.stages[stage]).map { .stageWithTask(stage, $0) })
    }
    self.chosen = chosen
  }

  func score(_ job: ProbeJob) -> FeatureSetScore? { results[job]?.score }

  /// A stage in a readout; `.chosen` is the inner folds' choice.
  func score(
    _ encoder: ProbeScore.EncoderRole, _ stage: Int, _ readout: Readout, withTask: Bool = false
  ) -> FeatureSetScore? {
    if readout == .chosen { return chosen[StageKey(encoder: encoder, stage: stage, withTask: withTask)] }
    return withTask ? score(.stageWithTask(stage, readout)) : score(.stage(encoder, stage, readout))
  }

  func r2(_ score: FeatureSetScore, _ target: Int) -> Double { score.r2(validation.targetGroups[target]) }

  /// The index in the random encoder's stages of a stage of the trained one.
  func counterpart(_ stage: Int, in source: any FeatureSource) -> Int? {
    let name = problem.trained.stages[stage].name
    return source.stages.firstIndex { $0.name == name }
  }

  func references() -> [TargetReferences] {
    let stage = ladder.rungs[0].exit
    let trained = score(.trained, stage, .chosen)!
    let random = counterpart(stage, in: problem.randomlyInitialised).flatMap {
      score(.randomlyInitialised, $0, .chosen)
    }
    // What an instruction names is told only with it.
    let readings = [trained, score(.trained, stage, .chosen, withTask: true)!]
    return targetIndices.map { target in
      let form = problem.targets[target].baseline
      let floor = r2(score(.floor(form))!, target)
      let ceiling = score(.ceiling(form)).map { r2($0, target) }
      let nulls = validation.readouts(problem.trained.stages[stage]).compactMap {
        results[.stage(.trained, stage, $0)]?.null?[target].p
      }
      // Two readouts are two chances to be lucky, which Bonferroni's factor takes back.
      let encoderP = min(1, (nulls.min() ?? 1) * Double(nulls.count))
      let achievable = joint.achievable.r2[target]
      let controls = readings.map { reading in
        let control = reading.r2(validation.controlGroups[target])
        return (control: control, selectivity: r2(reading, target) - control)
      }
      let (control, selectivity) = controls.max { $0.selectivity < $1.selectivity }!
      return TargetReferences(
        target: problem.targets[target].target.id, floor: floor, ceiling: ceiling,
        oracle: score(.oracle).map { r2($0, target) }, frames: joint.frames.r2[target],
        referenceEncoders: joint.references?.r2[target],
        achievable: achievable, gain: joint.gains[target],
        taskGain: joint.instruction?.gains?.task[target],
        pictureGain: joint.instruction?.gains?.picture[target],
        taskToldByScene: joint.instruction?.toldByScene,
        exits: Dictionary(
          uniqueKeysWithValues: ladder.rungs.map { rung in
            (rung.module, r2(score(.trained, rung.exit, .chosen, withTask: true)!, target))
          }),
        pixels: r2(score(.none, 0, .chosen)!, target), trained: r2(trained, target),
        randomlyInitialised: random.map { r2($0, target) } ?? 0, control: control,
        selectivity: selectivity,
        framesNullP: framesNull[target].p, encoderNullP: encoderP, delta: delta(target))
    }
  }

  /// The margin of a target.
  func delta(_ target: Int) -> Double {
    max(validation.settings.margin, validation.settings.marginShare * max(0, joint.gains[target]))
  }

  /// The modules that may be named for a target: the fusion only where it takes picture and instruction to tell it.
  func judged(_ target: Int) -> [ProbeModule] {
    let delta = delta(target)
    let fuses =
      joint.instruction?.gains.map { $0.task[target] > delta && $0.picture[target] > delta } ?? false
    return ladder.modules.filter { $0 != .fusion || fuses }
  }

  /// What the export holds: the mean and grid readouts of every encoder by name; a learned query has other features in every
  /// training set.
  var exported: [(name: String, score: FeatureSetScore)] {
    results.keys.compactMap { job in
      guard case .stage(let role, let stage, let readout) = job, readout != .attentive else { return nil }
      let name = "\(role.rawValue).\(problem.source(role).stages[stage].name).\(readout.rawValue)"
      return (name, results[job]!.score)
    }.sorted { $0.name < $1.name }
  }
}
