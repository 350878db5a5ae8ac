internal import Foundation
internal import Tensors

/// The job that fixtures/bench/probe_rivals.py gives scikit-learn: nested, grouped ridge on one wide feature set.
package enum ProbeBenchmark {
  package static let frames = 5000
  package static let width = 1280
  package static let targets = 7
  package static let lambdas = 13
  package static let folds = 5

  /// Seconds of each run, features in memory to out-of-fold predictions; the score is checked first.
  package static func seconds(runs: Int) throws -> [Double] {
    var generator = SeededGenerator(seed: 0, purpose: "benchmark")
    let features = FloatTensor(
      (0..<frames * width).map { _ in Float(generator.normal()) }, shape: [frames, width])
    let weights = Matrix(64, targets, (0..<64 * targets).map { _ in generator.normal() })
    let x = features.values
    let signal = Matrix(frames, 64, (0..<frames * 64).map { Double(x[$0 / 64 * width + $0 % 64]) })
    var responses = signal.times(weights)
    responses += Matrix(frames, targets, (0..<frames * targets).map { _ in generator.normal() })
    let episodes = (0..<frames).map { $0 * 100 / frames }
    let split = EpisodeFolds(count: folds, ofEpisode: (0..<100).map { $0 % folds }, episodeOfFrame: episodes)
    let grid = (0..<lambdas).map { 1e-3 * pow(10, Double($0) / 2) }
    return try SingleThreadedBLAS.during {
      try (0..<runs).map { _ in
        let start = ContinuousClock.now
        let design = try Designs.make(features, folds: split, fixed: responses)
        let ridge = NestedRidge(folds: split, lambdas: grid, isParallel: true)
        let fit = try ridge.fit(design, fixed: responses, groups: [Array(0..<targets)])
        let elapsed = (ContinuousClock.now - start).components
        // 64 of 65 parts of the variance are signal; 1280 features cost some of it.
        precondition(
          RSquared.average(RSquared.columns(fit.predictions, responses)) > 0.9, "the probe found nothing")
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      }
    }
  }
}
