internal import Files
internal import Foundation
internal import Statistics
internal import Tensors

/// Times the nested, grouped ridge probe on one wide feature set of seeded noise with a linear signal in it.
///
/// The problem and the answer can be saved, so that a rival is checked and timed on the same numbers.
package struct ProbeBenchmark: Encodable, Sendable {
  /// How large the problem is.
  package struct Size: Encodable, Sendable {
    package var frames = 5000
    package var width = 1280
    package var targets = 7
    package var episodes = 100
    package var folds = 5
    package var lambdas = 13

    package init() {}
  }

  package let extent: Size
  package let threads: Int
  /// Seconds of each run after one that is not counted: features in memory to out-of-fold predictions.
  package let seconds: [Double]
  /// Of the out-of-fold predictions, the mean over targets.
  package let rSquared: Double

  /// Features that carry the signal.
  private static let informative = 64

  /// - Parameters:
  ///   - save: path for an HDF5 file laid out as `vlmtool probe encoder --export` does it, with `/chosen` [folds] and
  ///     one feature set, `float.benchmark.mean`.
  /// - Throws: `VLMError` when `save` cannot be written.
  package init(_ extent: Size = Size(), runs: Int, save: String? = nil) throws {
    precondition(runs > 0 && extent.width >= Self.informative && extent.episodes >= extent.folds)
    let (features, responses) = Self.problem(extent)
    let split = EpisodeFolds(
      count: extent.folds, ofEpisode: (0..<extent.episodes).map { $0 % extent.folds },
      episodeOfFrame: (0..<extent.frames).map { $0 * extent.episodes / extent.frames })
    let grid = (0..<extent.lambdas).map { 1e-3 * pow(10, Double($0) / 2) }
    var fit = NestedRidge.Fit(predictions: responses)
    var seconds: [Double] = []
    try SingleThreadedBLAS.during {
      for _ in 0...runs {
        let start = ContinuousClock.now
        let design = try Designs.make(Matrix(features), folds: split, fixed: responses)
        fit = try NestedRidge(folds: split, lambdas: grid, isParallel: true).fit(
          design, fixed: responses, groups: [Array(0..<extent.targets)])
        seconds.append((ContinuousClock.now - start) / .seconds(1))
      }
    }
    self.extent = extent
    threads = Parallel.threads
    self.seconds = Array(seconds.dropFirst())
    rSquared = RSquared.average(RSquared.columns(fit.predictions, responses))
    guard let save else { return }
    let writer = try HDF5Writer(save)
    try writer.setAttribute("writer", of: "/", .strings([OutputPlace.Kind.writer], []))
    try writer.write(features.values, to: "/features/float.benchmark.mean", shape: features.shape)
    try writer.write(responses.values, to: "/targets", shape: [extent.frames, extent.targets])
    try writer.write(split.episodeOfFrame, to: "/episode", shape: [extent.frames])
    try writer.write(
      split.episodeOfFrame.map { split.ofEpisode[$0] }, to: "/fold", shape: [extent.frames])
    try writer.write(grid, to: "/lambdas", shape: [grid.count])
    try writer.write(fit.chosen.map { $0[0] }, to: "/chosen", shape: [extent.folds])
    try writer.write(
      fit.predictions.values, to: "/predictions/float.benchmark.mean", shape: [extent.frames, extent.targets])
    try writer.commit()
  }

  /// Normal features, and targets that are a random linear map of the first few of them plus noise of variance 1.
  private static func problem(_ extent: Size) -> (features: FloatTensor, targets: Matrix) {
    var generator = SeededGenerator(seed: 0, purpose: "benchmark")
    let (frames, width, targets) = (extent.frames, extent.width, extent.targets)
    let x = (0..<frames * width).map { _ in Float(generator.normal()) }
    let weights = Matrix(informative, targets, (0..<informative * targets).map { _ in generator.normal() })
    let signal = Matrix(
      frames, informative,
      (0..<frames * informative).map { Double(x[$0 / informative * width + $0 % informative]) })
    var responses = signal.times(weights)
    responses += Matrix(frames, targets, (0..<frames * targets).map { _ in generator.normal() })
    return (FloatTensor(x, shape: [frames, width]), responses)
  }
}
