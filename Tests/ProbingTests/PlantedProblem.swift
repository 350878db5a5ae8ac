import Datasets
import Features
import Probing
import Statistics
import Tensors

/// A made-up encoder whose weak spot is known: what the validation table of the method asks for.
///
/// A state of six numbers moves smoothly through each episode; targets are linear in it. The encoder's output holds the
/// state in a random basis with noise, the projector's output holds the encoder's, unless a plant spoils either.
struct PlantedProblem {
  enum Plant: Equatable {
    /// The projector rotates only.
    case rotation
    /// The encoder gives what random weights give.
    case randomVision
    /// Share of the state that the encoder hides in noise, 0 to 1.
    case blurredVision(Double)
    /// The projector keeps this many directions of the state.
    case projectorRank(Int)
    /// A language model after a lossless projector keeps this many directions of the state.
    case languageRank(Int)
    /// Both lose alike.
    case both
    /// Labels dealt to other episodes.
    case permutedLabels
    /// Labels that the task alone fixes.
    case labelsOfTheTask
  }

  static let stateWidth = 6
  static let width = 24

  /// Every label weighs all six numbers of the state alike.
  private static let loadings: [Double] = [
    1, 1, 1, 1, 1, 1,
    1, -1, 1, -1, 1, -1,
    1, 1, -1, -1, 1, 1,
  ]

  static func make(
    _ plant: Plant, seed: UInt64, episodes: Int = 40, length: Int = 5
  ) throws -> ProbeProblem {
    var generator = SeededGenerator(seed: seed, purpose: "planted")
    let tasks = (0..<episodes).map { $0 % 4 }
    let episodeOfFrame = (0..<episodes).flatMap { [Int](repeating: $0, count: length) }
    let frames = episodeOfFrame.count
    let state = states(tasks, length, &generator)
    func normal(_ rows: Int, _ columns: Int, _ scale: Double = 1) -> Matrix {
      Matrix(rows, columns, (0..<rows * columns).map { _ in generator.normal() * scale })
    }
    func noisy(_ matrix: Matrix, _ scale: Double) -> Matrix {
      var result = matrix
      result += normal(matrix.rows, matrix.columns, scale)
      return result
    }

    var labels = state.times(Matrix(3, stateWidth, loadings), transposingOther: true)
    labels += normal(frames, 3, 0.05)
    switch plant {
    case .permutedLabels:
      let order = generator.shuffled(Array(0..<episodes))
      labels = labels.rows(
        episodeOfFrame.enumerated().map { order[$0.element] * length + $0.offset % length })
    case .labelsOfTheTask:
      let means = normal(4, 3)
      labels = means.rows(episodeOfFrame.map { tasks[$0] })
      labels += normal(frames, 3, 0.05)
    default: break
    }

    let random = noisy(state.times(normal(stateWidth, width, 0.1)), 1)
    var vision = noisy(state.times(normal(stateWidth, width)), 0.1)
    let basis = normal(stateWidth, width)
    switch plant {
    case .randomVision: vision = noisy(state.times(normal(stateWidth, width, 0.1)), 1)
    case .blurredVision(let dose): vision = noisy(state.times(basis), 0.1 + 8 * dose)
    case .both: vision = noisy(truncated(state, to: 4).times(basis), 0.1)
    default: break
    }
    let rotation = try SymmetricEigen(normal(width, width).gram()).vectors
    var projector = vision.times(rotation)
    switch plant {
    case .projectorRank(let rank): projector = noisy(truncated(state, to: rank).times(basis), 0.1)
    case .both: projector = noisy(truncated(state, to: 2).times(basis), 0.1)
    default: break
    }

    var stages = [("vision.blocks.0", ProbeStage.Kind.block, vision), ("projector", .projector, projector)]
    if case .languageRank(let rank) = plant {
      stages.append(("language.blocks.0", .block, noisy(truncated(state, to: rank).times(basis), 0.1)))
    }
    let phases = episodeOfFrame.indices.map { Double($0 % length) / Double(length - 1) }
    let target = ResolvedTarget(.observation("planted"), columns: ["a", "b", "c"], values: labels)
    return try ProbeProblem(
      tasks: tasks, instructions: ["one", "two", "three", "four"], episodeOfFrame: episodeOfFrame,
      targets: [target], baselines: [.all: Matrix(frames, 1, phases)],
      frames: FrameKernels(noisy(state.times(normal(stateWidth, width)), 0.1)),
      oracle: .beside([state, normal(frames, 4)]),
      pixels: source(
        [("pixels", .pixels, noisy(state.times(normal(stateWidth, width, 0.2)), 1))], grid: true),
      trained: source(stages), randomlyInitialised: source(stages.map { ($0.0, $0.1, random) }))
  }

  /// Scenes with three things in view of which the task names one, whose place is the target. The language model's last token
  /// holds it where `fuses`, else the places of all three.
  static func goals(fuses: Bool, seed: UInt64, episodes: Int = 100, length: Int = 3) throws -> ProbeProblem {
    var generator = SeededGenerator(seed: seed, purpose: "planted goals")
    let tasks = (0..<episodes).map { $0 % 3 }
    let episodeOfFrame = (0..<episodes).flatMap { [Int](repeating: $0, count: length) }
    let frames = episodeOfFrame.count
    func normal(_ rows: Int, _ columns: Int, _ scale: Double = 1) -> Matrix {
      Matrix(rows, columns, (0..<rows * columns).map { _ in generator.normal() * scale })
    }
    func seen(_ matrix: Matrix) -> Matrix {
      var result = matrix.times(normal(matrix.columns, width))
      result += normal(frames, width, 0.05)
      return result
    }
    let places = normal(episodes, stateWidth).rows(episodeOfFrame)
    let goal = Matrix(
      frames, 2,
      (0..<frames).flatMap { frame in (0..<2).map { places[frame, 2 * tasks[episodeOfFrame[frame]] + $0] } })
    let stages: [(String, ProbeStage.Kind, Matrix)] = [
      ("vision.blocks.0", .block, seen(places)), ("projector", .projector, seen(places)),
      ("language.norm", .norm, seen(places)), ("language.norm.last", .norm, seen(fuses ? goal : places)),
    ]
    let phases = Matrix(frames, 1, (0..<frames).map { Double($0 % length) })
    return try ProbeProblem(
      tasks: tasks, instructions: ["one", "two", "three", "four"], episodeOfFrame: episodeOfFrame,
      targets: [ResolvedTarget(.observation("goal"), columns: ["x", "y"], values: goal)], baselines: [.all: phases],
      frames: FrameKernels(seen(places)), oracle: places,
      pixels: source([("pixels", .pixels, seen(places))], grid: true), trained: source(stages),
      randomlyInitialised: source(stages.map { ($0.0, $0.1, normal(frames, width)) }))
  }

  /// Settings that suit twenty-four features.
  static func settings(seed: UInt64) -> ProbeSettings {
    var settings = ProbeSettings()
    settings.seed = seed
    settings.lambdas = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100]
    settings.permutations = 119
    (settings.nullRank, settings.refitRank) = (16, 24)
    return settings
  }

  /// A walk that starts anew in each episode, around a mean of the task.
  private static func states(_ tasks: [Int], _ length: Int, _ generator: inout SeededGenerator) -> Matrix {
    let means = (0..<4 * stateWidth).map { _ in generator.normal() * 0.5 }
    var values: [Double] = []
    for task in tasks {
      var position = (0..<stateWidth).map { means[task * stateWidth + $0] + generator.normal() }
      let drift = (0..<stateWidth).map { _ in generator.normal() * 0.15 }
      for _ in 0..<length {
        values += position
        for index in position.indices { position[index] += drift[index] + 0.1 * generator.normal() }
      }
    }
    return Matrix(tasks.count * length, stateWidth, values)
  }

  /// The first `rank` numbers of the state, the others zero.
  private static func truncated(_ state: Matrix, to rank: Int) -> Matrix {
    var result = state
    result.scaleRows(by: (0..<stateWidth).map { $0 < rank ? 1 : 0 })
    return result
  }

  static func floats(_ matrix: Matrix) -> FloatTensor {
    FloatTensor(matrix.values.map(Float.init), shape: [matrix.rows, matrix.columns])
  }

  static func source(
    _ stages: [(name: String, kind: ProbeStage.Kind, values: Matrix)], grid: Bool = false
  ) -> MemoryFeatures {
    MemoryFeatures(
      stages: stages.enumerated().map {
        ProbeStage(
          name: $0.element.name, kind: $0.element.kind, position: $0.offset, width: $0.element.values.columns,
          tokens: nil, hasGrid: grid)
      },
      mean: stages.map { floats($0.values) }, grid: stages.map { grid ? floats($0.values) : nil })
  }
}
