import Datasets
import Features
import Probing
import Statistics
import Tensors
import Testing

/// By task, with fewer episodes, cell by cell and along an episode: what the report shows beside the verdict.
@Suite struct ReportDetailsTests {
  private static func planted(
    columns: [String] = ["x", "y", "z"],
    points: [TargetPoint] = [
      TargetPoint(names: ["x", "y", "z"], coordinates: [.column(0), .column(1), .column(2)])
    ]
  ) throws -> ProbeProblem {
    var problem = try PlantedProblem.make(.rotation, seed: 5)
    problem.targets = [
      ResolvedTarget(
        .observation("planted"), columns: columns, values: problem.targets[0].values, points: points)
    ]
    return problem
  }

  private static func findings(_ problem: ProbeProblem) throws -> ProbeFindings {
    try ProbeEvaluation.run(problem, settings: PlantedProblem.settings(seed: 5))
  }

  /// The labels of one task's frames are noise; the others' are read as they were.
  @Test func theTaskThatCannotBeReadIsNamed() throws {
    var problem = try Self.planted()
    var labels = problem.targets[0].values
    var generator = SeededGenerator(seed: 9, purpose: "noise")
    for frame in problem.taskOfFrame.indices where problem.taskOfFrame[frame] == 2 {
      for column in 0..<3 { labels[frame, column] = 3 * generator.normal() }
    }
    problem.targets = [
      ResolvedTarget(.observation("planted"), columns: ["x", "y", "z"], values: labels)
    ]
    let found = try Self.findings(problem)
    #expect(found.byTask.map(\.task) == ["one", "two", "three", "four"])
    #expect(found.byTask.allSatisfy { $0.episodes == 10 && $0.exits.map(\.module) == [.vision, .projector] })
    #expect(found.byTask.filter { $0.isWorse(by: 0.02) }.map(\.task) == ["three"])
    let said = Wording.worstTasks(found.byTask, found.references, problem.targets)
    #expect(said.count == 1 && said[0].contains("\u{201C}three\u{201D}"), "\(said)")
  }

  @Test func noTaskIsNamedWhereAllAreReadAlike() throws {
    let problem = try Self.planted()
    let found = try Self.findings(problem)
    #expect(Wording.worstTasks(found.byTask, found.references, problem.targets).isEmpty)
  }

  /// Tasks of few episodes tell nothing by themselves.
  @Test func fewEpisodesATaskGiveNoTable() throws {
    let problem = try PlantedProblem.make(.rotation, seed: 1, episodes: 16)
    #expect(try Self.findings(problem).byTask.isEmpty)
  }

  @Test func curvesEndInTheScoresOfAllEpisodes() throws {
    let problem = try Self.planted()
    let found = try Self.findings(problem)
    let curves = try ProbeEvaluation.learning(problem, found, seed: 0)
    #expect(curves.map(\.module) == [nil, .vision, .projector])
    #expect(
      curves.map { $0.points.last!.r2 }
        == [found.joint.frames, found.joint.from[1], found.joint.from[2]].map { $0.r2[0] })
    for curve in curves {
      #expect(curve.points.map(\.episodes) == [8, 16, 24, 32])
      let gain = try #require(curve.gain)
      #expect(abs(gain.value - (curve.points[3].r2 - curve.points[1].r2)) < 1e-12 && gain.spread > 0)
    }
    #expect(try ProbeEvaluation.learning(problem, found, seed: 0) == curves)
  }

  /// The state lies in the lower left of four cells, noise in the others.
  @Test func theCellThatHoldsTheTargetStandsOut() throws {
    var problem = try Self.planted()
    var generator = SeededGenerator(seed: 2, purpose: "cells")
    let width = 8
    let state = problem.targets[0].values.times(
      Matrix(3, width, (0..<3 * width).map { _ in generator.normal() }))
    var cells = (0..<4).map { _ in
      Matrix(problem.frameCount, width, (0..<problem.frameCount * width).map { _ in generator.normal() })
    }
    cells[2] = state
    let grid = Matrix.beside(cells)
    let stages = ["vision.blocks.0", "projector"].enumerated().map { place, name in
      ProbeStage(name: name, kind: place == 0 ? .block : .projector, position: place, width: width)
    }
    let floats = PlantedProblem.floats(grid)
    problem.trained = MemoryFeatures(
      stages: stages, mean: [PlantedProblem.floats(state), PlantedProblem.floats(state)],
      grid: [floats, floats])
    let settings = PlantedProblem.settings(seed: 5)
    let folds = EpisodeFolds(
      tasks: problem.tasks, episodeOfFrame: problem.episodeOfFrame, count: settings.folds, seed: 0)
    let maps = try CellMaps.of(problem, folds: folds, settings: settings)
    #expect(
      maps.map(\.module) == [.vision, .projector] && maps.allSatisfy { $0.side == 2 && $0.r2.count == 4 })
    for map in maps {
      #expect(map.r2[2] > 0.99)
      for cell in [0, 1, 3] { #expect(map.r2[cell] < 0.2, "\(map.r2)") }
    }
  }

  @Test func aPositionIsTracedAlongAMiddlingEpisode() throws {
    let problem = try Self.planted()
    let found = try Self.findings(problem)
    let trace = try #require(found.joint.traces(problem).first)
    let frames = problem.episodeOfFrame.indices.filter { problem.episodeOfFrame[$0] == trace.episode }
    #expect(trace.columns == ["x", "y", "z"])
    #expect(trace.truth == frames.map { Array(problem.targets[0].values.row($0)) })
    #expect(trace.model == frames.map { Array(found.joint.from[2].predictions.row($0)) })
    #expect(trace.frames == frames.map { Array(found.joint.frames.predictions.row($0)) })
    #expect(trace.task == problem.instructions[problem.tasks[trace.episode]])
  }

  @Test func ofSeveralThingsOneIsTraced() throws {
    let problem = try Self.planted(
      columns: ["puck.x", "lid.z", "puck.y"],
      points: [
        TargetPoint(
          names: ["lid.x", "lid.y", "lid.z"], coordinates: [.constant(1), .constant(2), .column(1)]),
        TargetPoint(
          names: ["puck.x", "puck.y", "puck.z"], coordinates: [.column(0), .column(2), .constant(0.1)]),
      ])
    let trace = try #require(try Self.findings(problem).joint.traces(problem).first)
    #expect(trace.columns == ["puck.x", "puck.y"] && trace.truth[0].count == 2)
  }

  @Test func whatIsNoPositionIsNotTraced() throws {
    let problem = try Self.planted(columns: ["a", "b", "c"], points: [])
    #expect(try Self.findings(problem).joint.traces(problem).isEmpty)
  }

  /// Three frames, of which one is seen from behind; a camera 4 m above the origin that looks down, x to the right.
  @Test func aPositionIsProjectedIntoFrames() throws {
    let problem = try Self.planted(
      columns: ["x", "y", "z"],
      points: [
        TargetPoint(names: ["x", "y", "z"], coordinates: [.column(0), .column(1), .constant(0.5)])
      ])
    let found = try Self.findings(problem)
    func frame(_ index: Int, above height: Double) -> ProbeProjections.Frame {
      let pose = RigidPose(position: [0, 0, height], rotation: RigidPose.identity.rotation)
      return ProbeProjections.Frame(
        index: index, episode: problem.episodeOfFrame[index], row: 3,
        projection: FrameProjection(
          camera: PinholeCamera(pose: pose, fieldOfView: 90), width: 80, height: 60, stored: .asStored,
          taken: .asStored))
    }
    let points = found.joint.projections(
      problem, into: [frame(0, above: 4.5), frame(7, above: 4.5), frame(9, above: 0)])
    #expect(
      points.count == 3 && points.allSatisfy { $0.target == "obs/planted" && $0.columns == ["x", "y", "z"] })
    for (point, index) in zip(points, [0, 7]) {
      let truth = Array(problem.targets[0].values.row(index))
      for (place, values) in [
        (point.truth, truth), (point.frames, Array(found.joint.frames.predictions.row(index))),
        (point.model, Array(found.joint.from[2].predictions.row(index))),
      ] {
        #expect(place.world == [values[0], values[1], 0.5])
        let miss =
          ((values[0] - truth[0]) * (values[0] - truth[0]) + (values[1] - truth[1]) * (values[1] - truth[1]))
          .squareRoot()
        #expect(abs(place.distance - miss) < 1e-12)
        // f = 30 pixels at 90 degrees, and all is 4 m away.
        #expect(
          abs(place.x! - (40 + 30 * values[0] / 4)) < 1e-9 && abs(place.y! - (30 - 30 * values[1] / 4)) < 1e-9
        )
        #expect(abs(place.depth! - 4) < 1e-12)
      }
    }
    #expect(points[2].truth.x == nil && points[2].model.y == nil && points[2].frames.depth == nil)
  }

  @Test func aWayFromOneThingToAnotherIsNotProjected() throws {
    let problem = try Self.planted(points: [
      TargetPoint(
        names: ["x", "y", "z"], coordinates: [.column(0), .column(1), .column(2)], isInWorld: false)
    ])
    let found = try Self.findings(problem)
    #expect(found.joint.traces(problem).count == 1 && found.joint.projections(problem, into: []).isEmpty)
  }
}
