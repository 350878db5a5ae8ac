internal import Tensors

/// Ridge from a kernel between frames, in one training set: `mean(y) + k(x)' (K + lambda)^-1 (y - mean(y))`.
struct DualFit: RidgeFit {
  let lambdaUnit: Double
  /// Centred in the training set: [frames, training].
  let kernel: Matrix
  private let form: TridiagonalForm
  /// Of the responses that span all others: [q1 + r].
  private let spanningMeans: [Double]
  /// `Q'(y - mean(y))` of the responses that span all others, one a row: [q1 + r, training].
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
    var targets = responses.spanningRows(training)
    spanningMeans = targets.columnMeans()
    targets.subtractFromRows(spanningMeans)
    self.targets = form.rotated(targets.transposed())
  }

  var responseMeans: [Double] { responses.expanded(Matrix(1, spanningMeans.count, spanningMeans)).values }

  /// Errors are linear in the responses, as predictions are: those of what a model leaves of some responses are theirs less those
  /// of the few columns that the model's readings are made of. Only the latter are solved for.
  func squaredErrors(onFolds folds: [Int], lambdas: [Double]) throws(VLMError) -> [Matrix] {
    var solutions = try form.solved(targets, lambdas: lambdas)
    let frames = folds.map(self.folds.trainedFrames)
    // Either the solutions go to where the kernel is, or its rows to where these are: the fewer of them.
    let turnsBack = solutions.rows < frames.reduce(0) { $0 + $1.count }
    if turnsBack { solutions = form.rotatedBack(solutions) }
    return frames.map { frames in
      let rows = kernel.rows(frames)
      // [frames, lambdas * (q1 + r)].
      let predicted = (turnsBack ? rows : form.rotated(rows)).times(solutions, transposingOther: true)
      var truth = responses.spanningRows(frames)
      truth.subtractFromRows(spanningMeans)
      let squares = lambdas.indices.map { place in
        var errors = predicted.columns(place * truth.columns..<(place + 1) * truth.columns)
        errors -= truth
        return responses.expanded(errors).columnSquares()
      }
      return Matrix(lambdas.count, responses.count, squares.flatMap(\.self))
    }
  }

  func predictions(_ frames: [Int], lambdas: [Double]) throws(VLMError) -> Matrix {
    // One response a row, as they are all.
    let targets = responses.expanded(targets.transposed()).transposed()
    let solutions = try form.solved(targets, lambdaOfRow: lambdas)
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
