import Statistics
import Tensors
import Testing

/// Against scikit-learn's Ridge(svd) in GroupKFold folds; see fixtures/oracle/make_probes.py.
@Suite struct NestedRidgeTests {
  /// Relative to the largest prediction: both sides solve in f64, by different factorisations.
  static let tolerance = 1e-8

  @Test(arguments: ["narrow", "wide", "wide.standardised", "units.standardised"])
  func agreesWithScikitLearn(kind: String) throws {
    let oracle = try RidgeOracle()
    let standardised = kind.hasSuffix(".standardised")
    let features = try oracle.floats(kind.split(separator: ".")[0] + ".features")
    let targets = try oracle.matrix("targets")
    let design = try Designs.make(features, standardised: standardised, folds: oracle.folds, fixed: targets)
    let ridge = NestedRidge(folds: oracle.folds, lambdas: try oracle.matrix("lambdas").values)
    let fit = try ridge.fit(design, fixed: targets, groups: [[0, 1, 2], [3]])

    #expect(fit.chosen.flatMap { $0 } == (try oracle.integers("\(kind).chosen")))
    let expected = try oracle.matrix("\(kind).predictions")
    #expect(largestDifference(fit.predictions, expected) <= Self.tolerance)
    for (ours, theirs) in zip(RSquared.columns(fit.predictions, targets), RSquared.columns(expected, targets))
    {
      #expect(abs(ours - theirs) <= Self.tolerance)
    }
  }

  /// Both exact forms on the same features, whichever would be chosen.
  @Test(arguments: [false, true])
  func primalAndDualAgree(standardised: Bool) throws {
    let oracle = try RidgeOracle()
    let features = try Designs.centredColumns(try oracle.floats("narrow.features"))
    let targets = try oracle.matrix("targets")
    let ridge = NestedRidge(folds: oracle.folds, lambdas: NestedRidge.defaultLambdas)
    let primal = PrimalDesign(features, standardised: standardised, folds: oracle.folds, fixed: targets)
    let dual = DualDesign(
      standardised ? .standardising(features) : .products(features.gram(ofRows: true)),
      width: features.columns,
      folds: oracle.folds)
    let first = try ridge.fit(primal, fixed: targets, groups: [[0, 1], [2, 3]])
    let second = try ridge.fit(dual, fixed: targets, groups: [[0, 1], [2, 3]])
    #expect(first.chosen == second.chosen)
    #expect(largestDifference(first.predictions, second.predictions) <= Self.tolerance)
  }

  /// An orthogonal change of basis loses nothing and must cost nothing.
  @Test func isBlindToRotation() throws {
    let oracle = try RidgeOracle()
    let features = try Designs.centredColumns(try oracle.floats("narrow.features"))
    let targets = try oracle.matrix("targets")
    var generator = SeededGenerator(seed: 5)
    let width = features.columns
    let random = Matrix(width, width, (0..<width * width).map { _ in generator.normal() })
    let rotation = try SymmetricEigen(random.gram()).vectors
    let ridge = NestedRidge(folds: oracle.folds, lambdas: NestedRidge.defaultLambdas)
    let scores = try [features, features.times(rotation)].map {
      let design = PrimalDesign($0, standardised: false, folds: oracle.folds, fixed: targets)
      return RSquared.columns(
        try ridge.fit(design, fixed: targets, groups: [[0, 1, 2, 3]]).predictions, targets)
    }
    for (plain, rotated) in zip(scores[0], scores[1]) { #expect(abs(plain - rotated) < 1e-9) }
  }

  @Test func labelsConstantInAnEpisodeScoreNothing() throws {
    let oracle = try RidgeOracle()
    let features = try oracle.floats("wide.features")
    let ridge = NestedRidge(folds: oracle.folds, lambdas: NestedRidge.defaultLambdas)
    var total = 0.0
    for seed in 0..<20 {
      var generator = SeededGenerator(seed: UInt64(seed), purpose: "constant")
      let labels = (0..<oracle.folds.episodeCount).map { _ in generator.normal() }
      let targets = Matrix(oracle.folds.frameCount, 1, oracle.folds.episodeOfFrame.map { labels[$0] })
      let design = try Designs.make(features, folds: oracle.folds, fixed: targets)
      let fit = try ridge.fit(design, fixed: targets, groups: [[0]])
      total += RSquared.columns(fit.predictions, targets)[0] / 20
    }
    // 24 episodes: chance is a little below zero; a frame split would give 0.9.
    #expect(total < 0.02)
    #expect(total > -0.5)
  }

  @Test func namesTheFeatureThatIsNotFinite() {
    let features = Matrix(2, 2, [1, 2, 3, .nan])
    #expect {
      try Designs.centredColumns(features)
    } throws: { error in
      (error as? VLMError)?.message == "feature 1 of frame 1 is nan"
    }
  }

  private func largestDifference(_ left: Matrix, _ right: Matrix) -> Double {
    let scale = right.values.map(abs).max()!
    return zip(left.values, right.values).map { abs($0 - $1) / scale }.max()!
  }
}
