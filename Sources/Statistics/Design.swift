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
  /// What a model that was fitted in the training set reads of the first of them: [frames, q2]. What it leaves of these is read as
  /// well, and stands after the fixed ones.
  package let explained: LowRank?

  package init(fixed: Matrix, explained: LowRank? = nil) {
    self.fixed = fixed
    self.explained = explained
  }

  package var count: Int { fixed.columns + (explained?.weights.columns ?? 0) }

  /// What is not explained of the named frames: [frames, q2].
  package func left(_ frames: some Collection<Int>) -> Matrix? {
    guard let explained else { return nil }
    var left = fixed.rows(frames).columns(0..<explained.weights.columns)
    left -= explained.basis.rows(frames).times(explained.weights)
    return left
  }

  /// All of them for the named frames: [frames, q1 + q2].
  package func rows(_ frames: some Collection<Int>) -> Matrix {
    guard let left = left(frames) else { return fixed.rows(frames) }
    return .beside([fixed.rows(frames), left])
  }

  /// The fixed ones and the basis of what is explained, of which all others are sums: [frames, q1 + r].
  func spanningRows(_ frames: some Collection<Int>) -> Matrix {
    guard let explained else { return fixed.rows(frames) }
    return .beside([fixed.rows(frames), explained.basis.rows(frames)])
  }

  /// All of them from what is linear in the spanning ones, [m, q1 + r]: [m, q1 + q2].
  func expanded(_ spanning: Matrix) -> Matrix {
    guard let explained else { return spanning }
    let fixed = spanning.columns(0..<self.fixed.columns)
    var left = fixed.columns(0..<explained.weights.columns)
    left -= spanning.columns(self.fixed.columns..<spanning.columns).times(explained.weights)
    return .beside([fixed, left])
  }
}

/// Chooses the cheaper of the two exact forms.
package enum Designs {
  /// `features`: [frames, p]. `standardised`: every column gets unit variance in the training set.
  package static func make(
    _ features: Matrix, standardised: Bool = false, folds: EpisodeFolds, fixed: Matrix
  ) throws(VLMError) -> any Design {
    let smallestTraining = folds.frameCount - folds.frames.map(\.count).sorted().suffix(2).reduce(0, +)
    // Both forms are as large as what they are about.
    if features.columns <= smallestTraining {
      return PrimalDesign(
        try centredColumns(features), standardised: standardised, folds: folds, fixed: fixed)
    }
    return DualDesign(
      try base(features, standardised: standardised), width: features.columns, folds: folds)
  }

  private static func base(_ features: Matrix, standardised: Bool) throws(VLMError) -> DualDesign.Base {
    standardised ? .standardising(try centredColumns(features)) : .products(try products(features))
  }

  /// Frames up to which the dual form, and with it weights of a task's own, is affordable.
  package static let largestDual = 4096

  /// `features` with the task of each frame: shared weights, offsets and weights of each task's own (see `DualDesign`).
  ///
  /// Above `largestDual` frames only shared weights and offsets.
  package static func make(
    _ features: Matrix, standardised: Bool, tasks: [Int], folds: EpisodeFolds, fixed: Matrix
  ) throws(VLMError) -> any Design {
    if folds.frameCount <= largestDual {
      return DualDesign(
        try base(features, standardised: standardised), width: features.columns, tasks: tasks, folds: folds)
    }
    let shifted = try centredColumns(features)
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

  /// The products between frames of features less their overall means, a sum over columns: [frames, frames].
  private static func products(_ features: Matrix) throws(VLMError) -> Matrix {
    var sum = Matrix(features.rows, features.rows)
    for start in stride(from: 0, to: features.columns, by: productWidth) {
      var part = features.columns(start..<min(start + productWidth, features.columns))
      part.subtractFromRows(part.columnMeans())
      sum += part.gram(ofRows: true)
    }
    // A value that is not finite makes its frame's own product so.
    if !sum.trace.isFinite { try requireFinite(features) }
    return sum
  }

  /// Columns that are centred at once, so that wide features are never copied as a whole.
  private static let productWidth = 2048

  package static func requireFinite(_ features: Matrix) throws(VLMError) {
    guard let bad = features.values.firstIndex(where: { !$0.isFinite }) else { return }
    throw notFinite(
      features.values[bad], feature: bad % features.columns, frame: bad / features.columns)
  }

  static func notFinite(_ value: Double, feature: Int, frame: Int) -> VLMError {
    VLMError(
      .featuresNotFinite, "feature \(feature) of frame \(frame) is \(value)",
      remedy: "the model or the data give NaN or infinity there; check with `vlmtool verify`")
  }
}
