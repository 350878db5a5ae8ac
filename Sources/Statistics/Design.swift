package import Tensors

/// What a probe reads from: a matrix of features, or kernels between frames.
package protocol Design: Sendable {
  /// Features a frame.
  var width: Int { get }

  /// Prepares the training set that leaves out the folds `held`, for the responses [frames, q].
  ///
  /// `responses` holds a row for every frame; only those of the training set (and, for errors, of a held fold) are used.
  func fit(leavingOut held: Set<Int>, responses: Responses) throws(VLMError) -> any RidgeFit
}

/// The quantities to read out, all frames of them.
package struct Responses: Sendable {
  /// The same in every training set: [frames, q1]. Their products with the features are additive over folds.
  package let fixed: Matrix
  /// Further ones that depend on the training set (residuals of a model fitted in it): [frames, q2].
  package let fitted: Matrix?

  package init(fixed: Matrix, fitted: Matrix? = nil) {
    self.fixed = fixed
    self.fitted = fitted
  }

  package var count: Int { fixed.columns + (fitted?.columns ?? 0) }

  /// All of them for the named frames: [frames, q1 + q2].
  package func rows(_ frames: some Collection<Int>) -> Matrix {
    guard let fitted else { return fixed.rows(frames) }
    return .beside([fixed.rows(frames), fitted.rows(frames)])
  }
}

/// Chooses the cheaper of the two exact forms.
package enum Designs {
  /// `features`: [frames, p]. `standardised`: every column gets unit variance in the training set.
  package static func make(
    _ features: Matrix, standardised: Bool = false, folds: EpisodeFolds, fixed: Matrix
  ) throws(VLMError) -> any Design {
    let smallestTraining = folds.frameCount - folds.frames.map(\.count).sorted().suffix(2).reduce(0, +)
    let shifted = try centredColumns(features)
    // Eigenvectors of features cost about what a kernel between twice as many frames does.
    if 2 * features.columns <= smallestTraining {
      return PrimalDesign(shifted, standardised: standardised, folds: folds, fixed: fixed)
    }
    return DualDesign(
      standardised ? .standardising(shifted) : .products(shifted.gram(ofRows: true)),
      width: features.columns,
      folds: folds)
  }

  /// Frames up to which the dual form, and with it weights of a task's own, is affordable.
  package static let largestDual = 4096

  /// `features` with the task of each frame: shared weights, offsets and weights of each task's own (see `DualDesign`).
  ///
  /// Above `largestDual` frames only shared weights and offsets.
  package static func make(
    _ features: Matrix, standardised: Bool, tasks: [Int], folds: EpisodeFolds, fixed: Matrix
  ) throws(VLMError) -> any Design {
    let shifted = try centredColumns(features)
    if folds.frameCount <= largestDual {
      return DualDesign(
        standardised ? .standardising(shifted) : .products(shifted.gram(ofRows: true)),
        width: features.columns,
        tasks: tasks, folds: folds)
    }
    var indicators = Matrix(shifted.rows, (tasks.max() ?? 0) + 1)
    for (frame, task) in tasks.enumerated() { indicators[frame, task] = 1 }
    indicators.subtractFromRows(indicators.columnMeans())
    // One number from all frames' features, no label: the offsets weigh as much as the features together.
    let power = { (matrix: Matrix) in matrix.columnSquares().reduce(0, +) }
    let ratio = power(indicators) > 0 ? (power(shifted) / power(indicators)).squareRoot() : 0
    indicators.scaleRows(by: [Double](repeating: ratio, count: indicators.columns))
    return PrimalDesign(
      .beside([shifted, indicators]), standardised: standardised, folds: folds, fixed: fixed)
  }

  /// The features less their overall means, which changes no prediction and keeps sums of squares accurate.
  package static func centredColumns(_ features: Matrix) throws(VLMError) -> Matrix {
    try requireFinite(features)
    var matrix = features
    matrix.subtractFromRows(matrix.columnMeans())
    return matrix
  }

  package static func requireFinite(_ features: Matrix) throws(VLMError) {
    guard let bad = features.values.firstIndex(where: { !$0.isFinite }) else { return }
    throw VLMError(
      .featuresNotFinite,
      "feature \(bad % features.columns) of frame \(bad / features.columns) is \(features.values[bad])",
      remedy: "the model or the data give NaN or infinity there; check with `vlmtool verify`")
  }
}
