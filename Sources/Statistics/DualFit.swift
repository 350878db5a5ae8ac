internal import Tensors

/// Ridge from a kernel between frames, in one training set: `mean(y) + k(x)' (K + lambda)^-1 (y - mean(y))`.
struct DualFit: RidgeFit {
  let lambdaUnit: Double
  let responseMeans: [Double]
  /// Centred in the training set: [frames, training].
  let kernel: Matrix
  private let form: TridiagonalForm
  /// `Q'(y - mean(y))`, one response a row: [q, training].
  private let targets: Matrix
  private let folds: EpisodeFolds
  private let responses: Responses

  /// - Parameters:
  ///   - kernel: between all frames and those outside `held`, centred about the latter.
  ///   - lambdaUnit: what multiples lambdas are, for who asks.
  init(
    centred kernel: Matrix, training: [Int], lambdaUnit: Double = 1, folds: EpisodeFolds, responses: Responses
  ) {
    self.lambdaUnit = lambdaUnit
    self.kernel = kernel
    self.folds = folds
    self.responses = responses
    form = TridiagonalForm(kernel.rows(training))
    var targets = responses.rows(training)
    responseMeans = targets.columnMeans()
    targets.subtractFromRows(responseMeans)
    self.targets = form.rotated(targets.transposed())
  }

  func squaredErrors(onFolds folds: [Int], lambdas: [Double]) throws(VLMError) -> [Matrix] {
    var solutions = try form.solved(targets, lambdas: lambdas)
    let frames = folds.map(self.folds.trainedFrames)
    // Either the solutions go to where the kernel is, or its rows to where these are: the fewer of them.
    let turnsBack = solutions.rows < frames.reduce(0) { $0 + $1.count }
    if turnsBack { solutions = form.rotatedBack(solutions) }
    return frames.map { frames in
      let rows = kernel.rows(frames)
      // [frames, lambdas * q].
      let predicted = (turnsBack ? rows : form.rotated(rows)).times(solutions, transposingOther: true)
      var truth = responses.rows(frames)
      truth.subtractFromRows(responseMeans)
      return predicted.squaredDistances(copies: lambdas.count, from: truth)
    }
  }

  func predictions(_ frames: [Int], lambdas: [Double]) throws(VLMError) -> Matrix {
    var solutions = targets
    for (lambda, columns) in Dictionary(grouping: lambdas.indices, by: { lambdas[$0] }) {
      solutions.set(rows: columns, to: try form.solved(targets.rows(columns), lambdas: [lambda]))
    }
    var result = kernel.rows(frames).times(form.rotatedBack(solutions), transposingOther: true)
    result.subtractFromRows(responseMeans.map { -$0 })
    return result
  }

  func leadingDirections(rank: Int) throws(VLMError) -> LeadingDirections {
    let (values, vectors) = try form.leading(rank)
    var coordinates = kernel.times(vectors, transposingOther: true)
    coordinates.scaleRows(by: values.map { 1 / $0.squareRoot() })
    return LeadingDirections(eigenvalues: values, coordinates: coordinates)
  }
}
