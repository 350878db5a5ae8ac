import Foundation
import Statistics
import Tensors
import Testing

@Suite struct OnlineCodeTests {
  private static let groups = [[0], [1]]

  /// Labels of 160 episodes of 3 frames, and features that hold the first with the signal-to-noise ratio `snr`, and a class.
  private struct Simulation {
    let features: Matrix
    let signal: Matrix
    let labels: Matrix
    let classes: [Int]
    let code: OnlineCode

    init(snr: Double, seed: UInt64) {
      var generator = SeededGenerator(seed: seed, purpose: "online code test")
      let episodeOfFrame = (0..<160).flatMap { [Int](repeating: $0, count: 3) }
      let frames = episodeOfFrame.count
      func normal() -> Matrix { Matrix(frames, 1, (0..<frames).map { _ in generator.normal() }) }
      let signal = normal()
      self.signal = signal
      let unread = normal()
      var told = signal
      told.scale(by: snr.squareRoot())
      told += normal()
      classes = signal.values.map { $0 > 0 ? 1 : 0 }
      var large = signal
      large.scale(by: 20)
      features = .beside([told, normal(), normal(), large])
      labels = .beside([told, unread])
      let folds = EpisodeFolds(
        tasks: [Int](repeating: 0, count: 160), episodeOfFrame: episodeOfFrame, count: 5, seed: seed)
      code = OnlineCode(folds: folds, lambdas: NestedRidge.defaultLambdas, rank: 64, seed: seed)
    }
  }

  /// A channel of signal-to-noise ratio s tells log2(1 + s) / 2 bits of a normal signal (Shannon 1949). The code pays for what it has
  /// to learn; noise and a label that is not there cost next to nothing.
  @Test(arguments: [1.0, 3, 15]) func savesWhatTheChannelTells(snr: Double) throws {
    var saved = [0.0, 0]
    for seed in 0..<4 {
      let problem = Simulation(snr: snr, seed: UInt64(seed))
      // The signal is read from what was told, without the column that gives it away.
      let numbers = try problem.code.saved(
        problem.features.columns(0..<3), responses: .beside([problem.signal, problem.labels.columns([1])]),
        groups: Self.groups, classes: []
      ).numbers
      for index in 0..<2 { saved[index] += numbers[index] / 4 }
    }
    #expect(abs(saved[0] - log2(1 + snr) / 2) < 0.1, "\(saved)")
    #expect(saved[1] < 0.01 && saved[1] > -0.1, "\(saved)")
  }

  /// Two classes alike in number are worth a bit, of which the code needs some to learn where they part.
  @Test func savesNearlyABitOfTwoClasses() throws {
    let problem = Simulation(snr: 1, seed: 9)
    let saved = try problem.code.saved(
      problem.features, responses: problem.labels, groups: Self.groups,
      classes: [nil, (ofFrame: problem.classes, count: 2)])
    #expect(problem.code.frameCount == 140 * 3)
    #expect(saved.classes[0] == nil)
    let bits = try #require(saved.classes[1])
    #expect(bits > 0.6 && bits < 1)
  }
}
