import Features
import Foundation
import Probing
import Runtime
import Statistics

/// A made-up probe report with the shape and size of a real one; no number in it was measured.
struct SyntheticProbe {
  var blocks = 12
  var compared = true
  var path = "checkpoints/tabletop-vlm"

  private static let targets:
    [(name: String, title: String, level: Double, columns: [String], source: String, unit: ErrorUnit)] = [
      ("ee-position", "end-effector position", 0.84, ["x", "y", "z"], "obs/ee_pos", .millimetres),
      ("gripper", "gripper", 0.62, ["opening"], "obs/gripper_states", .shareOfRange),
      ("next-action", "next action", 0.41, ["dx", "dy", "dz", "grip"], "actions", .recorded),
    ]

  var report: ProbeReport {
    ProbeReport(
      subject: subject(path, "float32", "5f0c4d"),
      comparisonSubject: compared ? subject(path + "-int8", "int8", "b81e77") : nil,
      settings: ProbeSettings(), data: data, targets: Self.targets.map(facts), stages: stages, scores: scores,
      references: Self.targets.map(references), contrasts: contrasts, verdicts: verdicts, overall: overall,
      instructions: [
        InstructionContrast(
          target: "gripper", right: 0.62, wrong: 0.21, none: 0.30,
          overWrong: .init(value: 0.41, interval: Interval(lower: 0.30, upper: 0.52)),
          overNone: .init(value: 0.32, interval: Interval(lower: 0.20, upper: 0.44)),
          sentence:
            "For the gripper its output reads 0.410 R2 less with another task's instruction (0.300 to 0.520)."
        )
      ],
      byTask: byTask,
      taskSentences: [
        "The gripper is read worst in the task \u{201C}reach the red goal\u{201D}: 0.310 R2 about its own mean from the projector's output."
      ],
      learning: learning,
      learningSentence:
        "More episodes would still read more: all of them read more than half of them by 0.050 R2 for the gripper.",
      maps: maps, traces: [trace], projections: projections,
      comparison: compared ? comparison : [],
      comparisonSentence: compared
        ? "int8 costs nothing measurable at any stage: the largest loss is 0.006 R2 (next action, projector)."
        : nil,
      caveats: [
        "Probes show what is decodable, not what a policy would use.",
        "The language model was not probed; a loss there would not be seen here.",
        "Freezing experiments confound plasticity with information; none was run.",
      ],
      notes: ["obs/gripper_states: column 1 mirrors column 0 and was left out."],
      timings: [
        ProbeTiming(activity: "encode with the trained encoder", seconds: 41.2),
        ProbeTiming(activity: "fit probes", seconds: 7.83), ProbeTiming(activity: "intervals", seconds: 0.64),
      ],
      thumbnail: thumbnail)
  }

  private func subject(_ path: String, _ precision: String, _ hash: String) -> ProbeSubject {
    ProbeSubject(
      path: path, family: "qwen2_5_vl", precision: precision,
      sha256: String(repeating: hash, count: 11).prefix(64).description, featuresFromCache: false)
  }

  private var stages: [ProbeStage] {
    let names: [(String, ProbeStage.Kind)] =
      [("pixels", .pixels)] + (0..<blocks).map { ("vision.blocks.\($0)", .block) }
      + [("vision.norm", .norm), ("projector", .projector)]
    return names.enumerated().map { position, stage in
      ProbeStage(
        name: stage.0, kind: stage.1, position: position, width: stage.1 == .pixels ? 768 : 192,
        tokens: stage.1 == .pixels ? nil : 64)
    }
  }

  /// A smooth made-up curve with a little wobble, the same on every machine.
  private func score(
    _ level: Double, _ role: ProbeScore.EncoderRole, _ readout: Readout, _ step: Int
  ) -> Double {
    let depth = Double(step) / Double(blocks + 2)
    let wobble = 0.012 * sin(Double(step) * 2.3 + level * 20)
    let grid = readout == .grid ? 0.09 : 0.0
    return switch role {
    case .trained:
      level * (0.62 + 0.5 * depth - 0.22 * depth * depth) + grid + wobble
        - (step > blocks + 1 ? 0.13 * level : 0)
    case .comparison:
      level * (0.62 + 0.5 * depth - 0.22 * depth * depth) + grid + wobble - 0.004
        - (step > blocks + 1 ? 0.13 * level : 0)
    case .randomlyInitialised: level * (0.5 - 0.3 * depth) + grid * 0.6 + wobble
    case .none: level * 0.48 + grid * 0.4
    }
  }

  private var scores: [ProbeScore] {
    var scores: [ProbeScore] = []
    for target in Self.targets {
      for readout in [Readout.mean, .grid] {
        for role in [ProbeScore.EncoderRole.trained, .comparison, .randomlyInitialised]
        where role != .comparison || compared {
          for (step, stage) in stages.enumerated() where stage.kind != .pixels || role == .trained {
            let owner = stage.kind == .pixels ? ProbeScore.EncoderRole.none : role
            let value = score(target.level, owner, readout, step)
            let half = 0.05 + 0.03 * (1 - target.level)
            scores.append(
              ProbeScore(
                encoder: owner, stage: stage.name, readout: readout, target: target.name, r2: value,
                interval: ProbeInterval(value - half, value + half * 0.8),
                columnR2: target.columns.map { _ in value },
                residualR2: value - 0.3, normalised: (value - 0.3) / 0.6,
                accuracy: target.name == "gripper" ? 0.85 : nil, bits: target.name == "gripper" ? 0.52 : nil,
                auc: target.name == "gripper" ? 0.91 : nil,
                nullP: 0.005, nullMean: -0.02, width: readout == .grid ? 3072 : 192,
                lambdas: [0.001, 0.0032, 0.001, 0.001, 0.01]))
          }
        }
      }
      scores.append(
        ProbeScore(
          encoder: .none, stage: "O+L*", readout: .vector, target: target.name, r2: target.level + 0.12,
          interval: ProbeInterval(target.level + 0.09, target.level + 0.14), columnR2: [], width: 47,
          lambdas: [0.0001]))
    }
    return scores
  }

  private var data: ProbeDataFacts {
    ProbeDataFacts(
      path: "fixtures/demonstrations", files: ["reach-v3_demo.hdf5", "push-v3_demo.hdf5"], episodes: 40,
      frames: 1600,
      framesAvailable: 4812,
      tasks: [
        ProbeDataFacts.Task(instruction: "reach the red goal", episodes: 20, frames: 790),
        ProbeDataFacts.Task(instruction: "push the puck to the goal", episodes: 20, frames: 810),
      ], imageKey: "agentview_rgb", imageKeyEvidence: "the only frames there are", imageHeight: 112,
      imageWidth: 112, orientation: "as-stored",
      orientationEvidence: "macros_image_convention of /data is opencv",
      rowLag: 1,
      rowLagEvidence: "the end-effector position fits states[i+1] (0.0 mm) better than states[i] (6.1 mm)",
      frameSelection: "every row, thinned evenly to 40 of an episode",
      instructionSources: ["problem_info of /data"],
      oracleSources: ["obs/ee_pos", "obs/object_poses"], oracleWidth: 47,
      imagesSHA256: String(repeating: "0123456789abcdef", count: 4))
  }

  private func facts(
    _ target: (name: String, title: String, level: Double, columns: [String], source: String, unit: ErrorUnit)
  )
    -> ProbeTargetFacts
  {
    ProbeTargetFacts(
      name: target.name, title: target.title, columns: target.columns, constantColumns: [],
      source: target.source, units: [target.unit],
      baseline: ["time", "previous action", "proprioception"])
  }

  private func references(
    _ target: (name: String, title: String, level: Double, columns: [String], source: String, unit: ErrorUnit)
  )
    -> TargetReferences
  {
    TargetReferences(
      target: target.name, floor: target.level - 0.36, ceiling: target.level + 0.14,
      oracle: target.level + 0.12, frames: target.level + 0.05, achievable: target.level + 0.07, gain: 0.3,
      exits: [.vision: target.level - 0.02, .projector: target.level - 0.13], pixels: target.level * 0.5,
      trained: target.level - 0.04, randomlyInitialised: target.level * 0.3, control: 0.03,
      selectivity: target.level - 0.07, framesNullP: 0.005, encoderNullP: 0.005, delta: 0.025)
  }

  private var contrasts: [ProbeContrast] {
    [
      contrast("ee-position", .vision, 0.021, 0.013),
      contrast("ee-position", .projector, 0.118, 0.032),
      contrast("gripper", .vision, 0.034, 0.03), contrast("gripper", .projector, 0.087, 0.041),
      contrast("next-action", .vision, -0.006, 0.021), contrast("next-action", .projector, 0.052, 0.049),
    ]
  }

  private func contrast(_ target: String, _ module: ProbeModule, _ value: Double, _ half: Double)
    -> ProbeContrast
  {
    ProbeContrast(
      target: target, module: module,
      formula: module == .vision ? "S(M or M,E, or with R) - S(M or M,E)" : "S(M or M,E) - S(M)",
      value: value, interval: ProbeInterval(value - half, value + half), units: [loss(target, value, half)],
      meanValue: value, gridValue: value)
  }

  /// As if a spread of 30 units were told but for a tenth of its square before the module.
  private func loss(_ target: String, _ value: Double, _ half: Double) -> UnitLoss {
    func error(_ loss: Double) -> Double { 30 * (0.1 + loss).squareRoot() }
    return UnitLoss(
      unit: Self.targets.first { $0.name == target }!.unit, before: error(0), after: error(value),
      interval: ProbeInterval(error(value - half) - error(0), error(value + half) - error(0)))
  }

  private var byTask: [ProbeTaskScore] {
    Self.targets.flatMap { target in
      data.tasks.enumerated().map { place, task in
        let isWorse = place == 0 && target.name == "gripper"
        let difference = isWorse ? -0.3 : 0.02
        return ProbeTaskScore(
          target: target.name, task: task.instruction, episodes: task.episodes, frames: target.level,
          exits: [ProbeModule.vision, .projector].map {
            ProbeTaskScore.Exit(
              module: $0, r2: target.level - 0.02 + min(difference, 0),
              accuracy: target.name == "gripper" ? 0.8 : nil)
          },
          difference: difference, interval: ProbeInterval(difference - 0.1, difference + 0.1))
      }
    }
  }

  private var learning: [ProbeLearningCurve] {
    Self.targets.flatMap { target in
      [nil, ProbeModule.vision, .projector].enumerated().map { place, module in
        ProbeLearningCurve(
          target: target.name, module: module,
          points: [8.0, 16, 24, 32].map {
            ProbeLearningCurve.Point(
              episodes: $0, r2: target.level + 0.05 * Double(2 - place) - 1.5 / $0, spread: 0.3 / $0)
          }, gain: ProbeLearningCurve.Gain(value: 0.047, spread: 0.01))
      }
    }
  }

  /// A bright spot that each module makes fainter.
  private var maps: ProbeMaps {
    let maps = Self.targets.flatMap { target in
      [(ProbeModule.vision, "vision.norm", 8, 1.0), (.projector, "projector", 4, 0.8)].map {
        module, stage, side, share in
        ProbeMaps.Map(
          target: target.name, module: module, stage: stage, side: side,
          r2: (0..<side * side).map { cell in
            let (x, y) = (Double(cell % side) / Double(side) - 0.4, Double(cell / side) / Double(side) - 0.6)
            return target.level * share * exp(-6 * (x * x + y * y)) - 0.05
          })
      }
    }
    return ProbeMaps(
      view: PictureView(left: 0, top: 0, right: 1, bottom: 1), maps: maps,
      examples: [0, 20].map { ProbeMaps.Example(episode: $0, row: 40, picture: thumbnail) })
  }

  private var trace: ProbeTrace {
    func path(_ off: Double) -> [[Double]] {
      (0..<20).map { step in
        let t = Double(step) / 19
        return [0.3 * t + off * sin(9 * t), 0.2 * sin(3 * t) + off, 0.1 + 0.1 * t * t - off * t]
      }
    }
    return ProbeTrace(
      target: "ee-position", episode: 7, task: "reach the red goal", columns: ["x", "y", "z"], truth: path(0),
      frames: path(0.012), model: path(-0.02))
  }

  /// A point in the first frame that the frames read a little off, one below the other frame, and one behind its camera.
  private var projections: ProbeProjections {
    func place(_ world: [Double], _ seen: (x: Double, y: Double)?) -> ProbeProjections.Place {
      let off = zip(world, [0.1, 0.2, 0.1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      return ProbeProjections.Place(
        world: world, distance: off, x: seen?.x, y: seen?.y, depth: seen.map { _ in 1.3 })
    }
    let truth = [0.1, 0.2, 0.1]
    return ProbeProjections(
      cameras: [0, 20].map {
        ProbeProjections.Camera(
          episode: $0, row: 40, position: [0, 0, 1.4], axes: [1, 0, 0, 0, 1, 0, 0, 0, 1], fieldOfView: 45)
      },
      points: [
        ProbeProjections.Point(
          target: "ee-position", episode: 0, row: 40, columns: ["x", "y", "z"], truth: place(truth, (64, 64)),
          frames: place([0.11, 0.2, 0.12], (70, 56)), model: place([0.1, 0.26, 0.09], (45, 80))),
        ProbeProjections.Point(
          target: "ee-position", episode: 20, row: 40, columns: ["x", "y", "z"],
          truth: place(truth, (20, 30)),
          frames: place([0.1, 0.2, -0.3], (22, 131)), model: place([2, 0.2, 0.1], nil)),
      ],
      missing: [
        "The recording tells no camera for 1 of 3 example frames: there is no camera agentview (a.hdf5: /data/demo_1)."
      ])
  }

  private func gates(range: Double, encoder: Bool = true) -> [ProbeGate] {
    [
      ProbeGate(
        name: "episodes", passed: true, sentence: "40 episodes; at least 20 are needed", required: true),
      ProbeGate(name: "folds", passed: true, sentence: "every task is in two folds or more", required: true),
      ProbeGate(
        name: "range", passed: range > 0.025,
        sentence:
          "frames and model add \(range) R2 to time, task and the robot's own record; it must be more than 0.025",
        required: true),
      ProbeGate(
        name: "encoder", passed: encoder,
        sentence:
          "training the encoder gained \(encoder ? 0.55 : 0.01) R2 over random weights; it must be more than 0.025",
        required: encoder),
      ProbeGate(
        name: "permutation", passed: true,
        sentence:
          "the encoder predicts the labels better than labels of other episodes: p = 0.005, to be below 0.01",
        required: true),
    ]
  }

  private var verdicts: [ProbeVerdict] {
    [
      ProbeVerdict(
        target: "ee-position", outcome: .bottleneck, modules: [.projector],
        sentence:
          "The projector is the bottleneck for the end-effector position: 0.118 R2 of what the encoder's output "
          + "tells is out of a linear probe's reach after it (95 % interval 0.086 to 0.150, margin 0.025).",
        reasons: [
          "The projector: S(E,L*) - S(M,L*) = 0.118 R2, interval 0.086 to 0.150, against the margin 0.025.",
          "The loss shows in the grid readout (0.118 R2; mean 0.104): it is not only spread out.",
        ], gates: gates(range: 0.5)),
      ProbeVerdict(
        target: "gripper", outcome: .tied, modules: [.vision, .projector],
        sentence:
          "Tied for the gripper: the vision encoder and the projector may each hold it back, and the data cannot "
          + "tell which more.",
        reasons: ["The projector's loss less the vision encoder's: -0.011 to 0.117."],
        gates: gates(range: 0.41, encoder: false)),
      ProbeVerdict(
        target: "next-action", outcome: .notIdentifiable, modules: [],
        sentence:
          "Not identifiable for the next action, gate range: the state adds 0.02 R2 to time, task and the robot's "
          + "own record; it must be more than 0.025.",
        reasons: [], gates: gates(range: 0.02)),
    ]
  }

  private var overall: ProbeVerdict {
    ProbeVerdict(
      outcome: .bottleneck, modules: [.projector],
      sentence: "The projector is the bottleneck (end-effector position).",
      reasons: verdicts.map(\.sentence), gates: [])
  }

  private var comparison: [ProbeComparison] {
    Self.targets.flatMap { target in
      stages.dropFirst().map(\.name).enumerated().map { step, stage in
        let cost = 0.002 + 0.004 * Double(step) / Double(blocks) - (target.name == "gripper" ? 0.005 : 0)
        return ProbeComparison(
          stage: stage, readout: .chosen, target: target.name, first: target.level,
          second: target.level - cost,
          cost: cost,
          interval: ProbeInterval(cost - 0.008, cost + 0.009), outcome: .nothingMeasurable,
          sentence: "costs nothing measurable")
      }
    }
  }

  /// A table top, a block and an arm: enough to see which way is up.
  private var thumbnail: ProbeThumbnail {
    var pixels = Data(capacity: 112 * 112 * 3)
    for y in 0..<112 {
      for x in 0..<112 {
        let colour: [UInt8] =
          (30..<52).contains(x) && (70..<88).contains(y)
          ? [200, 60, 50]
          : (60..<68).contains(x) && y < 66 ? [90, 100, 115] : y > 58 ? [196, 172, 138] : [206, 212, 220]
        pixels.append(contentsOf: colour)
      }
    }
    return ProbeThumbnail(width: 112, height: 112, pixels: pixels)
  }
}

private func ProbeInterval(_ lower: Double, _ upper: Double) -> Interval {
  Interval(lower: lower, upper: upper)
}
