internal import COpenBLAS
internal import Foundation
package import Tensors

/// Tokens that one learned query brings to a vector, as the action query of a policy does: `z = sum_t a_t x_t` with
/// `a = softmax_t(q'x_t / sqrt(d))`.
///
/// The query is that of the least `|Y - ZW|^2 + l |W|^2 + m |q|^2 / d` in a training set: Y all responses together, centred and each
/// of a variance of one part in their number; Z centred there; W ridge's own for every query; l a hundredth of what the mean
/// over tokens has of variance a channel; m a hundredth, so that scores that spread by one cost a hundredth of the responses' variance.
/// Found by L-BFGS from `q = 0`, which is that mean: where there are several such queries, the one downhill from there.
package struct AttentivePooling: Sendable {
  /// [frames * cells, d], of mean square 1.
  private let tokens: Matrix
  private let cells: Int
  private var width: Int { tokens.columns }
  private var frames: Int { tokens.rows / cells }

  private static let shrinkage = 0.01
  private static let price = 0.01
  /// Of the gradient, of a function that is 1 at most where nothing is read.
  package static let tolerance = 1e-6
  /// What is left after as many is worth nothing: any query is one that the training set taught.
  private static let mostSteps = 200

  /// `tokens`: [frames * cells, d], those of a frame together.
  package init(tokens: Matrix, cells: Int) {
    precondition(cells > 0 && tokens.rows % cells == 0)
    self.cells = cells
    let square = tokens.columnSquares().reduce(0, +) / Double(max(tokens.values.count, 1))
    var tokens = tokens
    tokens.scale(by: square > 0 ? 1 / square.squareRoot() : 0)
    self.tokens = tokens
  }

  /// What the frames `training` teach of `responses`, [frames, q]: [d].
  package func query(
    training: [Int], responses: Matrix, tolerance: Double = AttentivePooling.tolerance
  ) -> [Double] {
    var truth = responses.rows(training)
    truth.subtractFromRows(truth.columnMeans())
    let totals = truth.columnSquares()
    truth = truth.columns(totals.indices.filter { totals[$0] > 0 })
    let share = 1 / Double(max(truth.columns, 1)).squareRoot()
    truth.scaleRows(by: totals.filter { $0 > 0 }.map { share / $0.squareRoot() })
    let own = AttentivePooling(
      own: tokens.rows(training.flatMap { $0 * cells..<($0 + 1) * cells }), cells: cells)
    var query = [Double](repeating: 0, count: width)
    var mean = own.pooled(query)
    mean.subtractFromRows(mean.columnMeans())
    let penalty = Self.shrinkage * mean.columnSquares().reduce(0, +) / Double(max(width, 1))
    guard penalty > 0, truth.columns > 0 else { return query }
    _ = LBFGS.minimise(&query, tolerance: tolerance, mostSteps: Self.mostSteps) {
      own.loss($0, truth, penalty: penalty)
    }
    return query
  }

  /// What `query` makes of every frame: [frames, d].
  package func pooled(_ query: [Double]) -> Matrix { seen(query).pooled }

  private init(own tokens: Matrix, cells: Int) { (self.tokens, self.cells) = (tokens, cells) }

  /// What a query makes of the frames: where it looks, [frames, cells], rows that sum to one; what it sees, [frames, d].
  ///
  /// The tokens of a frame are read once for both, while they are near.
  private func seen(_ query: [Double]) -> (attention: Matrix, pooled: Matrix) {
    let scale = 1 / Double(width).squareRoot()
    var attention = Matrix(frames, cells)
    var pooled = Matrix(frames, width)
    attention.values.withUnsafeMutableBufferPointer { attention in
      pooled.values.withUnsafeMutableBufferPointer { pooled in
        forFrames { frame, tokens in
          let own = attention.baseAddress! + frame * cells
          multiply(tokens, CblasNoTrans, query, times: scale, own)
          Matrix.softmax(UnsafeMutableBufferPointer(start: own, count: cells))
          multiply(tokens, CblasTrans, own, times: 1, pooled.baseAddress! + frame * width)
        }
      }
    }
    return (attention, pooled)
  }

  /// `result = factor * tokens * vector (+ result)`, of the tokens of one frame, or with them transposed.
  private func multiply(
    _ tokens: UnsafePointer<Double>, _ transposition: CBLAS_TRANSPOSE, _ vector: UnsafePointer<Double>,
    times factor: Double, _ result: UnsafeMutablePointer<Double>, adding: Bool = false
  ) {
    cblas_dgemv(
      CblasRowMajor, transposition, blasint(cells), blasint(width), factor, tokens, blasint(width), vector, 1,
      adding ? 1 : 0, result, 1)
  }

  private func forFrames(_ body: (Int, UnsafePointer<Double>) -> Void) {
    tokens.values.withUnsafeBufferPointer { values in
      for frame in 0..<frames { body(frame, values.baseAddress! + frame * cells * width) }
    }
  }

  /// The function that a query makes least, and its gradient; W, being the best for each query, moves neither.
  ///
  /// With W so, `|Y - ZW|^2 + l |W|^2 = |Y|^2 - <Y'Z, W'>`, and the residuals' products with W are `YW' - Z (WW')`: no residual
  /// is written down.
  private func loss(
    _ query: [Double], _ truth: Matrix, penalty: Double
  ) -> (value: Double, gradient: [Double]) {
    var (attention, seen) = seen(query)
    seen.subtractFromRows(seen.columnMeans())
    var gram = seen.gram()
    for index in 0..<width { gram[index, index] += penalty }
    // One response a row: [q, d].
    let cross = truth.times(seen, transposingSelf: true)
    var weights = cross
    guard PositiveDefinite.solve(&gram, &weights) else {
      return (.infinity, [Double](repeating: 0, count: width))
    }
    let price = Self.price / Double(width)
    let value =
      truth.columnSquares().reduce(0, +) - zip(cross.values, weights.values).reduce(0) { $0 + $1.0 * $1.1 }
      + price * query.reduce(0) { $0 + $1 * $1 }
    // Of what every frame has pooled: [frames, d]. Centring changes nothing, for residuals sum to zero.
    var slopes = truth.times(weights)
    slopes -= seen.times(weights.gram())
    var gradient = [Double](repeating: 0, count: width)
    let scale = -2 / Double(width).squareRoot()
    slopes.values.withUnsafeBufferPointer { slopes in
      attention.values.withUnsafeBufferPointer { attention in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: cells) { told in
          forFrames { frame, tokens in
            multiply(
              tokens, CblasNoTrans, slopes.baseAddress! + frame * width, times: scale, told.baseAddress!)
            let own = attention.baseAddress! + frame * cells
            var mean = 0.0
            for cell in 0..<cells { mean += own[cell] * told[cell] }
            for cell in 0..<cells { told[cell] = own[cell] * (told[cell] - mean) }
            multiply(tokens, CblasTrans, told.baseAddress!, times: 1, &gradient, adding: true)
          }
        }
      }
    }
    return (value, zip(gradient, query).map { $0 + 2 * price * $1 })
  }
}

/// Ridge on what attention pools, by a query for each training set that nesting needs.
package struct AttentiveDesign: Design {
  package let width: Int
  /// By the folds left out.
  private let designs: [Set<Int>: any Design]

  /// What the queries of all training sets with one or two folds left out make of every frame: [frames, d].
  package static func pools(
    _ pooling: AttentivePooling, folds: EpisodeFolds, responses: Matrix
  ) -> [Set<Int>: Matrix] {
    let held = (0..<folds.count).flatMap { first in (first..<folds.count).map { Set([first, $0]) } }
    let pools = Parallel.map(held.count) { index in
      pooling.pooled(
        pooling.query(training: folds.frames(outside: held[index]), responses: responses))
    }
    return Dictionary(uniqueKeysWithValues: zip(held, pools))
  }

  /// - Parameter make: a design of pooled features.
  package init(
    _ pools: [Set<Int>: Matrix], _ make: (Matrix) throws(VLMError) -> any Design
  ) throws(VLMError) {
    var designs: [Set<Int>: any Design] = [:]
    for (held, pooled) in pools { designs[held] = try make(pooled) }
    self.designs = designs
    width = designs.values.first?.width ?? 0
  }

  package func fit(leavingOut held: Set<Int>, responses: Responses) throws(VLMError) -> any RidgeFit {
    guard let design = designs[held] else { preconditionFailure("no query was learned without \(held)") }
    return try design.fit(leavingOut: held, responses: responses)
  }
}
