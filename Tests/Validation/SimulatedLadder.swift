import Probing
import Statistics
import Tensors

/// Frames, three modules' outputs and labels with a loss where it was planted: what the rule of the verdict is tried on.
///
/// A state of six numbers moves smoothly through each episode; labels are linear in it. The frames hold the state bent by
/// random units, beside nuisance; the encoder's output the state and `nuisance` dimensions in a random basis; projector and
/// language model turn that basis, unless a plant spoils it.
struct SimulatedLadder {
  enum Plant: String, CaseIterable {
    case none, vision, projector, language
    /// Two modules lose alike.
    case visionAndProjector
    /// All three do: no loss is zero, so that nothing covers its truth for nothing.
    case all
    /// Labels that have nothing to do with the frames.
    case independentLabels
    /// One channel in eight of every module has rare values a thousand times its usual ones.
    case heavyTails
  }

  var plant = Plant.none
  /// Noise beside what is lost, in units of the state.
  var dose = 0.0
  var episodes = 60
  var length = 6
  var tasks = 4
  var nuisance = 10
  var modules = 3
  /// Noise of the frames' features, in units of the state: how weak R is.
  var weakness = 0.1

  private static let width = 6

  func scores(seed: UInt64) throws -> (scores: LadderScores, folds: EpisodeFolds) {
    var generator = SeededGenerator(seed: seed, purpose: "simulated ladder")
    func normal(_ rows: Int, _ columns: Int, _ scale: Double = 1) -> Matrix {
      Matrix(rows, columns, (0..<rows * columns).map { _ in generator.normal() * scale })
    }
    let taskOfEpisode = (0..<episodes).map { $0 % tasks }
    let episodeOfFrame = (0..<episodes).flatMap { [Int](repeating: $0, count: length) }
    let frames = episodeOfFrame.count
    func walk(_ columns: Int) -> Matrix {
      let means = normal(tasks, columns, 0.5)
      var values: [Double] = []
      for task in taskOfEpisode {
        var position = (0..<columns).map { means[task, $0] + generator.normal() }
        let drift = (0..<columns).map { _ in generator.normal() * 0.15 }
        for _ in 0..<length {
          values += position
          for index in position.indices { position[index] += drift[index] + 0.1 * generator.normal() }
        }
      }
      return Matrix(frames, columns, values)
    }
    func plus(_ left: Matrix, _ right: Matrix) -> Matrix {
      var sum = left
      sum += right
      return sum
    }
    func turned(_ matrix: Matrix) throws -> Matrix {
      matrix.times(try SymmetricEigen(normal(matrix.columns, matrix.columns).gram()).vectors)
    }

    let state = walk(Self.width)
    let labels =
      plant == .independentLabels
      ? walk(3) : plus(state.times(normal(Self.width, 3)), normal(frames, 3, 0.05))
    // Bent, as pixels are.
    var bent = plus(state, normal(frames, Self.width, weakness)).times(normal(Self.width, 60, 0.4))
    bent += normal(1, 60).rows([Int](repeating: 0, count: frames))
    for index in bent.values.indices { bent.values[index] = max(0, bent.values[index]) }
    let seen = Matrix.beside([bent, walk(20)])

    func noise(_ module: Plant) -> Double {
      plant == module || plant == .all
        || (plant == .visionAndProjector && (module == .vision || module == .projector)) ? dose : 0
    }
    var clean = plus(state, normal(frames, Self.width, noise(.vision)))
    let rest = walk(nuisance)
    var exits: [Matrix] = []
    for module in [Plant.vision, .projector, .language].prefix(modules) {
      if module != .vision { clean = plus(clean, normal(frames, Self.width, noise(module))) }
      var exit = plus(try turned(.beside([clean, rest])), normal(frames, Self.width + nuisance, 0.02))
      if plant == .heavyTails {
        for column in stride(from: 0, to: exit.columns, by: 8) {
          for frame in 0..<frames where generator.index(below: 200) == 0 { exit[frame, column] *= 1000 }
        }
      }
      exits.append(exit)
    }
    let folds = EpisodeFolds(tasks: taskOfEpisode, episodeOfFrame: episodeOfFrame, count: 5, seed: seed)
    let scores = try LadderScores(
      frames: [FrameKernels(seen)], exits: exits.map { (matrix) throws in [try FrameKernels(matrix)] },
      baselines: [FrameKernels(Matrix(frames, 1, (0..<frames).map { Double($0 % length) }))], kinds: [0],
      taskOfFrame: episodeOfFrame.map { taskOfEpisode[$0] }, folds: folds, responses: labels,
      groups: [Array(0..<3)])
    return (scores, folds)
  }
}
