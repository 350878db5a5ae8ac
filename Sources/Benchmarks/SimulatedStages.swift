internal import Features
internal import Foundation
internal import Probing
internal import Statistics
internal import Synchronization
internal import Tensors

/// What `LadderBenchmark` is run on.
struct Simulation {
  let trained: SimulatedStages
  let random: SimulatedStages
  private let extent: LadderBenchmark.Size
  private let state: Matrix

  /// Numbers of the state, of which the projector drops the second half.
  private static let width = 12
  private static let tasks = 4

  init(_ extent: LadderBenchmark.Size) {
    self.extent = extent
    var generator = SeededGenerator(seed: 0, purpose: "ladder benchmark")
    var values: [Double] = []
    for count in Self.lengths(extent) {
      var position = (0..<Self.width).map { _ in generator.normal() }
      let drift = (0..<Self.width).map { _ in 0.1 * generator.normal() }
      for _ in 0..<count {
        values += position
        for index in position.indices { position[index] += drift[index] + 0.1 * generator.normal() }
      }
    }
    let state = Matrix(extent.frames, Self.width, values)
    self.state = state
    var narrowed = state
    narrowed.scaleRows(by: (0..<Self.width).map { 2 * $0 < Self.width ? 1 : 0 })
    let stages = Self.stages(extent)
    let vision = stages.count { $0.name.hasPrefix("vision.") }
    trained = SimulatedStages(
      stages, states: stages.indices.map { $0 < vision ? state : narrowed }, signal: 1, seed: 1)
    // As beside a model: the vision side and its projector, in two readouts.
    let common = stages[...vision].map { stage in
      var stage = stage
      stage.hasFine = false
      return stage
    }
    random = SimulatedStages(common, states: common.map { _ in state }, signal: 0.05, seed: 2)
  }

  func problem() throws -> ProbeProblem {
    var generator = SeededGenerator(seed: 3, purpose: "ladder benchmark")
    func noise(_ columns: Int, _ scale: Double) -> Matrix {
      Matrix(
        extent.frames, columns, (0..<extent.frames * columns).map { _ in scale * generator.normal() })
    }
    let known = ProbeTarget.all.filter { $0.score != .classes }
    let targets = zip(known, extent.targetColumns).map { target, count in
      // Every number of the state weighs alike.
      let loadings = Matrix(
        Self.width, count, (0..<Self.width * count).map { _ in generator.normal() < 0 ? -1 : 1 })
      var values = state.times(loadings)
      values += noise(count, 0.05)
      return ResolvedTarget(
        target, columns: (0..<count).map { "\($0)" }, values: values)
    }
    let lengths = Self.lengths(extent)
    let phases = lengths.flatMap { count in (0..<count).map { Double($0) / Double(max(count - 1, 1)) } }
    let pixelStage = ProbeStage(name: "pixels", kind: .pixels, position: 0, width: 3, tokens: nil)
    let frames = StageDraw(state, width: 4096, cells: 1, signal: 1, noise: 0.3, seed: 4).features()
    func pixels(_ cells: Int) -> FloatTensor {
      StageDraw(state, width: 3, cells: cells, signal: 0.1, noise: 1, seed: 5).features()
    }
    return ProbeProblem(
      tasks: (0..<extent.episodes).map { $0 % Self.tasks },
      instructions: (0..<Self.tasks).map { "task \($0)" },
      episodeOfFrame: lengths.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) },
      targets: targets, baselines: Dictionary(
        uniqueKeysWithValues: Set(targets.map(\.baseline)).map {
          ($0, Matrix(extent.frames, 1, phases))
        }),
      frames: try FrameKernels(Matrix(frames)), oracle: state,
      pixels: MemoryFeatures(stages: [pixelStage], mean: [pixels(1)], grid: [pixels(256)]),
      trained: trained, randomlyInitialised: random)
  }

  /// Frames of each episode.
  private static func lengths(_ extent: LadderBenchmark.Size) -> [Int] {
    (0..<extent.episodes).map {
      ($0 + 1) * extent.frames / extent.episodes - $0 * extent.frames / extent.episodes
    }
  }

  /// Two fifths of them the encoder's, as in models of 3 B parameters.
  private static func stages(_ extent: LadderBenchmark.Size) -> [ProbeStage] {
    let vision = max(extent.stages * 2 / 5, 1)
    let language = max(extent.stages - vision - 4, 1)
    var names: [(String, ProbeStage.Kind)] = (0..<vision).map { ("vision.blocks.\($0)", .block) }
    names += [("vision.norm", .norm), ("projector", .projector)]
    names += (0..<language).map { ("language.blocks.\($0)", .block) }
    names += [("language.norm", .norm), ("language.norm.last", .norm)]
    return names.enumerated().map { place, stage in
      let isLast = place == names.count - 1
      return ProbeStage(
        name: stage.0, kind: stage.1, position: place + 1,
        width: extent.width,
        tokens: isLast ? 1 : 64, hasGrid: !isLast, hasFine: !isLast)
    }
  }
}

/// Features drawn anew whenever they are asked for, always the same: those of sixty stages together would take 25 GB.
final class SimulatedStages: FeatureSource {
  let stages: [ProbeStage]
  private let states: [Matrix]
  private let signal: Double
  private let seed: UInt64
  private let seconds = Mutex(0.0)

  /// Cells of the grid and of the fine readout.
  private static let cells: [Readout: Int] = [.grid: 16, .fine: 64]

  /// - Parameters:
  ///   - states: what each stage holds.
  ///   - signal: how much it moves a feature whose noise is 1.
  init(_ stages: [ProbeStage], states: [Matrix], signal: Double, seed: UInt64) {
    (self.stages, self.states, self.signal, self.seed) = (stages, states, signal, seed)
  }

  /// What drawing has taken, all threads together.
  var secondsDrawn: Double { seconds.withLock(\.self) }

  func features(_ stage: Int, _ readout: Readout) -> FloatTensor? {
    let facts = stages[stage]
    guard readout == .mean || (readout == .grid && facts.hasGrid) || (readout == .fine && facts.hasFine)
    else { return nil }
    // One thread draws, and other work may interrupt it.
    let start = LadderBenchmark.seconds(on: CLOCK_THREAD_CPUTIME_ID)
    defer {
      let taken = LadderBenchmark.seconds(on: CLOCK_THREAD_CPUTIME_ID) - start
      seconds.withLock { $0 += taken }
    }
    let draw = StageDraw(
      states[stage], width: facts.width, cells: Self.cells[readout] ?? 1, signal: signal,
      noise: readout == .mean ? 0.25 : 1, seed: seed &* 1000 &+ UInt64(stage))
    return draw.features()
  }
}

/// `[frames, cells * width]`: a random linear map of the state, the same in all cells, beside uniform noise.
struct StageDraw {
  let state: Matrix
  let width: Int
  let cells: Int
  let signal: Double
  let noise: Double
  let seed: UInt64

  init(_ state: Matrix, width: Int, cells: Int, signal: Double, noise: Double, seed: UInt64) {
    (self.state, self.width, self.cells) = (state, width, cells)
    (self.signal, self.noise, self.seed) = (signal, noise, seed)
  }

  func features() -> FloatTensor {
    var generator = SeededGenerator(seed: seed, purpose: "simulated stage")
    let scale = signal / Double(state.columns).squareRoot()
    let loadings = Matrix(
      state.columns, width, (0..<state.columns * width).map { _ in scale * generator.normal() })
    let signal = state.times(loadings)
    // Of unit variance.
    let spread = Float(noise * 12.0.squareRoot() / 4_294_967_296)
    return FloatTensor([state.rows, cells * width]) { values in
      signal.values.withUnsafeBufferPointer { signal in
        for frame in 0..<state.rows {
          for cell in 0..<cells {
            let base = (frame * cells + cell) * width
            for channel in 0..<width {
              let bits = Int32(truncatingIfNeeded: generator.next())
              values[base + channel] = Float(signal[frame * width + channel]) + spread * Float(bits)
            }
          }
        }
      }
    }
  }
}
