import Features
import Probing
import Statistics
import Tensors
import Testing

/// By task, with fewer episodes, cell by cell and along an episode: what the report shows beside the verdict.
@Suite struct ReportDetailsTests {
  private static func planted(columns: [String] = ["x", "y", "z"]) throws -> ProbeProblem {
    var problem = try PlantedProblem.make(.rotation, seed: 5)
    problem.targets = [
      ResolvedTarget(.observation("planted"), columns: columns, values: problem.targets[0].values)
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
    let problem = try Self.planted(columns: ["puck.x", "lid.z", "puck.y"])
    let trace = try #require(try Self.findings(problem).joint.traces(problem).first)
    #expect(trace.columns == ["puck.x", "puck.y"] && trace.truth[0].count == 2)
  }

  @Test func whatIsNoPositionIsNotTraced() throws {
    let problem = try Self.planted(columns: ["a", "b", "c"])
    #expect(try Self.findings(problem).joint.traces(problem).isEmpty)
  }
}
