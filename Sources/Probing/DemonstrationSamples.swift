package import Datasets
internal import Features
internal import Files
internal import Foundation
package import Statistics
internal import Tensors

/// Demonstrations turned into what probes need: targets, baselines, state, pixels, and the frames for the encoders.
struct DemonstrationSamples {
  let demonstrations: Demonstrations
  let targets: [ResolvedTarget]
  let notes: [String]
  let decoded: DecodedFrames
  private let baselines: [Baseline: Columns]
  private let oracle: FrameValues?

  /// Columns with their names.
  private struct Columns {
    var names: [String] = []
    var values: Matrix

    init(names: [String], values: Matrix) { (self.names, self.values) = (names, values) }

    /// None.
    init(_ demonstrations: Demonstrations) { values = Matrix(demonstrations.frameCount, 0) }

    /// Side by side, without those that never change; where none is left, one that never does.
    static func varying(_ parts: [Columns]) -> Columns {
      let all = Matrix.beside(parts.map(\.values))
      var centred = all
      centred.subtractFromRows(centred.columnMeans())
      let kept = centred.columnSquares().enumerated().filter { $0.element > 1e-18 }.map(\.offset)
      let names = parts.flatMap(\.names)
      return Columns(
        names: kept.map { names[$0] }, values: kept.isEmpty ? Matrix(all.rows, 1) : all.columns(kept))
    }
  }

  init(_ options: ProbeEncoder.Options, progress: ProgressHandler?) throws {
    let demonstrations = try Demonstrations.open(options.data, options: options.dataOptions)
    self.demonstrations = demonstrations
    try DataConditions.require(groups: demonstrations.groups, settings: options.settings)
    var notes = Self.notes(demonstrations)
    targets = try Self.targets(options.targets, demonstrations, &notes)
    for target in targets where !target.constantColumns.isEmpty {
      notes.append(
        "\(target.target.title): \(target.constantColumns.joined(separator: ", ")) never change and are left out."
      )
    }
    notes += targets.compactMap { target in target.note.map { "\(target.target.title): \($0)." } }
    let time = Self.time(demonstrations)
    var (action, robot) = (Columns(demonstrations), Columns(demonstrations))
    if demonstrations.isOfImages {
      notes.append(
        "Each image stands for itself, as an episode of one frame: there are no actions, no instructions and no time, and nothing "
          + "that needs them is read. The baseline knows nothing.")
    } else {
      (action, robot) = (try Self.previousAction(demonstrations), Self.robot(demonstrations, &notes))
    }
    baselines = [
      .all: .varying([time, action, robot]), .withoutRobot: .varying([time, action]),
      .withoutTime: .varying([action, robot]),
    ]
    oracle = try demonstrations.oracleState()
    if let note = Self.noVerdict(demonstrations, options.settings) {
      notes.append(note)
    }
    if demonstrations.tasks.count == 1, !demonstrations.isOfImages {
      notes.append("There is one task only: knowing the task (L*) adds nothing to any score.")
    }
    if demonstrations.frameCount > Designs.largestDual {
      notes.append(
        "More than \(Designs.largestDual) frames: readouts with the task share their weights among tasks.")
    }

    decoded = try DecodedFrames(
      demonstrations, side: options.settings.pixelGridSide, examples: options.exampleFrames,
      progress: progress)
    self.notes = notes
  }

  func problem(
    trained: any FeatureSource, randomlyInitialised: any FeatureSource, comparison: (any FeatureSource)?
  ) throws -> ProbeProblem {
    let frames = try decoded.findings()
    var problem = try ProbeProblem(
      tasks: demonstrations.episodes.map(\.task), groups: demonstrations.groups,
      instructions: demonstrations.tasks,
      episodeOfFrame: demonstrations.episodeOfFrame, targets: targets,
      baselines: baselines.mapValues(\.values),
      frames: frames.frameKernels(), oracle: oracle.map(Matrix.init), pixels: frames.pixels,
      trained: trained, randomlyInitialised: randomlyInitialised, comparison: comparison)
    problem.isOfImages = demonstrations.isOfImages
    return problem
  }

  /// Positions in the example frames; `nil` where no target is a place in the world.
  func projections(_ problem: ProbeProblem, _ findings: ProbeFindings) throws -> ProbeProjections? {
    guard targets.contains(where: { $0.points.contains(where: \.isInWorld) }) else { return nil }
    let (frames, missing) = try projectedFrames(of: decoded.findings().examples)
    return ProbeProjections(
      cameras: frames.map(ProbeProjections.Camera.init),
      points: findings.joint.projections(problem, into: frames), missing: missing)
  }

  /// The example frames of which the recording tells the camera, and why it does not of the others.
  func projectedFrames(
    of examples: [ProbeMaps.Example]
  ) throws(VLMError) -> (frames: [ProbeProjections.Frame], missing: [String]) {
    let known: Set<VLMError.Code> = [.datasetCamera, .datasetScene, .xmlSyntax]
    var frames: [ProbeProjections.Frame] = []
    var reasons: [(message: String, places: [String])] = []
    for example in examples {
      let episode = demonstrations.episodes[example.episode]
      let first = demonstrations.episodes[..<example.episode].reduce(0) { $0 + $1.rows.count }
      do throws(VLMError) {
        frames.append(
          ProbeProjections.Frame(
            index: first + episode.rows.firstIndex(of: example.row)!, episode: example.episode,
            row: example.row, projection: try demonstrations.projection(of: episode)))
      } catch {
        guard known.contains(error.code) else { throw error }
        let place = "\(demonstrations.files[episode.file]): \(error.tensor ?? episode.place)"
        if let same = reasons.firstIndex(where: { $0.message == error.message }) {
          reasons[same].places.append(place)
        } else {
          reasons.append((error.message, [place]))
        }
      }
    }
    return (
      frames,
      reasons.map { message, places in
        "The recording tells no camera for \(places.count) of \(examples.count) example frames: "
          + "\(message) (\(places.joined(separator: ", ")))."
      }
    )
  }

  /// Where every frame comes from, for the export.
  var origin: ProbeExport.Origin {
    ProbeExport.Origin(
      episodes: demonstrations.episodes.map { (demonstrations.files[$0.file], $0.place) },
      rows: demonstrations.episodes.flatMap(\.rows), tasks: demonstrations.tasks)
  }

  /// - Parameter imagesSHA256: `nil` before all frames have been read.
  func facts(imagesSHA256: String? = nil) -> ProbeDataFacts {
    let tasks = demonstrations.tasks.enumerated().map { index, instruction in
      let episodes = demonstrations.episodes.filter { $0.task == index }
      return ProbeDataFacts.Task(
        instruction: instruction, episodes: episodes.count, frames: episodes.reduce(0) { $0 + $1.rows.count })
    }
    return ProbeDataFacts(
      path: demonstrations.path, files: demonstrations.files,
      episodes: demonstrations.episodes.count,
      frames: demonstrations.frameCount, framesAvailable: demonstrations.rowCount, tasks: tasks,
      imageKey: demonstrations.camera.value, imageKeyEvidence: demonstrations.camera.evidence,
      imageHeight: demonstrations.imageHeight, imageWidth: demonstrations.imageWidth,
      orientation: demonstrations.orientation.value.rawValue,
      orientationEvidence: demonstrations.orientation.evidence,
      rowLag: demonstrations.rowLag.rows, rowLagEvidence: demonstrations.rowLag.evidence,
      frameSelection: demonstrations.frameSelection, instructionSources: demonstrations.instructionSources,
      leftOut: demonstrations.leftOut.map {
        ProbeDataFacts.LeftOut(file: $0.file, demonstration: $0.place, lacks: $0.lacks)
      },
      oracleSources: oracle.map { $0.source.components(separatedBy: ", ") } ?? [],
      oracleWidth: oracle?.columns.count ?? 0, imagesSHA256: imagesSHA256)
  }

  var targetFacts: [ProbeTargetFacts] {
    targets.map {
      ProbeTargetFacts(
        name: $0.target.id, title: $0.target.title, columns: $0.columns,
        constantColumns: $0.constantColumns,
        source: $0.source, units: $0.errors.map(\.unit),
        baseline: baselines[$0.baseline]!.names)
    }
  }

  /// What was left out or rests on nothing that the files say.
  private static func notes(_ demonstrations: Demonstrations) -> [String] {
    var notes: [String] = []
    for (lacks, group) in Dictionary(grouping: demonstrations.leftOut, by: \.lacks).sorted(by: {
      $0.key < $1.key
    }) {
      let names = group.prefix(3).map { "\($0.file): \($0.place)" }.joined(separator: ", ")
      notes.append(
        "\(group.count) of \(demonstrations.episodes.count + demonstrations.leftOut.count) demonstrations "
          + "left out, for want of \(lacks): \(names)\(group.count > 3 ? ", …" : "").")
    }
    if demonstrations.orientationIsAssumed {
      notes.append(
        "Frames are taken \(demonstrations.orientation.value.rawValue): \(demonstrations.orientation.evidence)."
      )
    }
    return notes
  }

  /// What is certain before anything is encoded: that the answer will be "not identifiable".
  private static func noVerdict(
    _ demonstrations: Demonstrations, _ settings: ProbeSettings
  ) -> String? {
    let tasks = demonstrations.episodes.map(\.task)
    let folds = EpisodeFolds(
      tasks: tasks, groups: demonstrations.groups, episodeOfFrame: demonstrations.episodeOfFrame,
      count: settings.folds, seed: settings.seed)
    let failed = DataConditions.gates(
      tasks: tasks, folds: folds, settings: settings
    ).filter { !$0.passed }
    guard !failed.isEmpty else { return nil }
    return
      "No verdict can come of these data: \(failed.map(\.sentence).joined(separator: "; ")). Scores of every stage "
      + "and losses are given all the same."
  }

  /// Those asked for must be there; of the standard ones, those that are.
  private static func targets(
    _ names: [String], _ demonstrations: Demonstrations, _ notes: inout [String]
  ) throws -> [ResolvedTarget] {
    guard names.isEmpty else {
      var seen: Set<String> = []
      return try names.filter { seen.insert($0).inserted }.map { name in
        let target = try ProbeTarget.named(name, for: demonstrations)
        return try ResolvedTarget(target, target.source(demonstrations))
      }
    }
    var found: [ResolvedTarget] = []
    for target in ProbeTarget.standard(for: demonstrations) where !target.onRequest {
      let resolved = Result { try ResolvedTarget(target, target.source(demonstrations)) }
      switch resolved {
      case .success(let value): found.append(value)
      case .failure(let error):
        let known: Set<VLMError.Code> = [.datasetKeyMissing, .probeTargetUnusable]
        guard let error = error as? VLMError, known.contains(error.code) else { throw error }
        notes.append("\(target.title) is not probed: \(error.message).")
      }
    }
    guard !found.isEmpty else {
      throw VLMError(
        .probeTargetUnusable, "there is nothing to probe in this data", file: demonstrations.path,
        remedy: "name a target: \(demonstrations.observationKeys.map { "obs/" + $0 }.joined(separator: ", "))"
      )
    }
    return found
  }

  private static func time(_ demonstrations: Demonstrations) -> Columns {
    let times = demonstrations.phases.flatMap {
      [$0.phase, $0.phase * $0.phase, pow($0.phase, 3), Double($0.row)]
    }
    return Columns(
      names: ["phase", "phase^2", "phase^3", "row"], values: Matrix(demonstrations.frameCount, 4, times))
  }

  private static func previousAction(_ demonstrations: Demonstrations) throws -> Columns {
    let action = try demonstrations.previousAction()
    return Columns(names: action.columns.map { "previous \($0)" }, values: Matrix(action))
  }

  /// Where the robot itself is, as far as it is recorded.
  private static func robot(_ demonstrations: Demonstrations, _ notes: inout [String]) -> Columns {
    var columns = Columns(demonstrations)
    let robot: [() throws(VLMError) -> FrameValues] = [
      demonstrations.endEffectorPosition, demonstrations.endEffectorRotation, demonstrations.gripper,
    ]
    for record in robot {
      do throws(VLMError) {
        let values = try record()
        columns.names += values.columns
        columns.values = .beside([columns.values, Matrix(values)])
      } catch {
        notes.append("The baseline is without a part of the robot's state: \(error.message).")
      }
    }
    return columns
  }
}

extension Matrix {
  /// [frames, columns]. A column that moves by less than f32 tells apart is the constant that it looks like: what rests in a
  /// simulator jitters by 1e-12, and unit variance would make a feature of that.
  package init(_ values: FrameValues) {
    self.init(values.frameCount, values.columns.count, values.values)
    for column in 0..<columns {
      let numbers = stride(from: column, to: self.values.count, by: columns).map { self.values[$0] }
      guard let least = numbers.min(), let most = numbers.max(),
        most - least <= max(abs(least), abs(most)) * 0x1p-24
      else { continue }
      for frame in 0..<rows { self[frame, column] = least }
    }
  }
}
