import Checkpoints
import Foundation
import Statistics
import Tensors
import TestSupport
import Testing

/// Against scikit-learn's LogisticRegression in plain loops; see fixtures/oracle/make_logistic.py.
@Suite struct NestedLogisticTests {
  private static let kinds: [String] = ["narrow.two", "narrow.three", "wide.two", "wide.three"]

  private struct Problem {
    let oracle: any CheckpointReader
    let folds: EpisodeFolds
    let design: any Design
    var classes: [Int]
    let targets: Matrix

    init(_ kind: String) throws {
      let ridge = try RidgeOracle()
      oracle = try Checkpoint.open(Fixture.url("probes/logistic.safetensors").path)
      folds = ridge.folds
      targets = try ridge.matrix("targets")
      let parts = kind.split(separator: ".")
      design = try Designs.make(try ridge.floats("\(parts[0]).features"), folds: folds, fixed: targets)
      classes = try oracle.withBytes(of: "\(parts[1]).classes") {
        Array($0.bindMemory(to: Int64.self)).map(Int.init)
      }
    }

    func doubles(_ name: String) throws -> [Double] {
      try oracle.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) }
    }

    /// All principal components of a training set.
    func components(_ held: Set<Int>) throws -> Matrix {
      try design.fit(leavingOut: held, responses: Responses(fixed: targets)).leadingDirections(rank: 1000)
        .coordinates
    }

    func fit() throws -> NestedLogistic.Fit {
      let sets = (0..<folds.count).flatMap { first in (first..<folds.count).map { Set([first, $0]) } }
      var found: [Set<Int>: Matrix] = [:]
      for set in sets { found[set] = try components(set) }
      return try NestedLogistic(folds: folds, lambdas: try doubles("lambdas")).fit(
        classes: classes, count: classes.max()! + 1
      ) { found[$0]! }
    }
  }

  @Test(arguments: kinds) func agreesWithScikitLearn(kind: String) throws {
    let problem = try Problem(kind)
    let fit = try problem.fit()
    let chosen = try problem.oracle.withBytes(of: "\(kind).chosen") { Array($0.bindMemory(to: Int64.self)) }
    #expect(fit.chosen == chosen.map(Int.init))
    let expected = try problem.doubles("\(kind).probabilities")
    // Both minimise to rounding; a probability moves by the gradient that is left over the curvature.
    let difference = zip(fit.probabilities.values, expected).map { abs($0 - $1) }.max()!
    #expect(difference <= 1e-6)
    let score = ClassScore(fit.probabilities, problem.classes)
    let figures = try problem.doubles("\(kind).scores")
    for (ours, theirs) in zip([score.accuracy, score.bits, score.auc ?? .nan], figures) {
      #expect(abs(ours - theirs) <= 1e-6)
    }
  }

  @Test(arguments: kinds) func findsTheLeast(kind: String) throws {
    let problem = try Problem(kind)
    let frames = problem.folds.frames(outside: [0])
    let features = try problem.components([0]).rows(frames)
    let classes = frames.map { problem.classes[$0] }
    let lambda = 0.01 * features.columnSquares().reduce(0, +) / Double(frames.count)
    let fit = try LogisticFit(
      features, classes: classes, count: classes.max()! + 1, lambda: lambda, tolerance: LogisticFit.tight)
    let p = fit.probabilities(features)
    let weights = fit.weights.columns(0..<features.columns)
    let value =
      classes.enumerated().reduce(0) { $0 - log(p[$1.offset, $1.element]) }
      + lambda / 2 * weights.columnSquares().reduce(0, +)
    let expected = try problem.doubles("\(kind).objective")[0]
    #expect(abs(value - expected) <= 1e-8 * expected)
  }

  /// A class of one episode is unknown where that episode is tested: 0, not a crash, and the log loss is finite.
  @Test func aClassMayBeMissingInTraining() throws {
    var problem = try Problem("narrow.three")
    problem.classes = problem.folds.episodeOfFrame.map { $0 == 0 ? 2 : $0 % 2 }
    let fit = try problem.fit()
    #expect(fit.probabilities.values.allSatisfy { $0.isFinite })
    for frame in problem.folds.episodeOfFrame.indices where problem.folds.episodeOfFrame[frame] == 0 {
      #expect(fit.probabilities[frame, 2] == 0)
    }
    #expect(ClassScore(fit.probabilities, problem.classes).bits.isFinite)
  }
}
