package import Tensors

/// Ridge from the products between frames, for features wider than the training set and for sums of kernels.
///
/// Exactly the primal solution; the cost grows with frames, not features. With tasks, the kernel is
/// `K_X + K_L + K_X o K_L`: shared weights, an offset for each task, and weights of its own for each task, the three
/// parts scaled to one trace in the training set so that none drowns the others.
package final class DualDesign: Design {
  /// What the products are made from.
  package enum Base: Sendable {
    /// Products of the features as they are: [frames, frames].
    case products(Matrix)
    /// Features that get unit variance in each training set: [frames, p].
    case standardising(Matrix)
  }

  package let width: Int
  private let folds: EpisodeFolds
  private let base: Base
  private let tasks: [Int]?

  /// `tasks`: the task of each frame, when the readout may depend on it.
  package init(_ base: Base, width: Int, tasks: [Int]? = nil, folds: EpisodeFolds) {
    self.base = base
    self.width = width
    self.tasks = Set(tasks ?? []).count > 1 ? tasks : nil
    self.folds = folds
  }

  package func fit(leavingOut held: Set<Int>, responses: Responses) throws(VLMError) -> any RidgeFit {
    let training = folds.frames(outside: held)
    let products = combined(training)
    let trace = training.enumerated().reduce(0) { $0 + products[$1.element, $1.offset] }
    // Where nothing varies, any penalty leaves the mean.
    return DualFit(
      centred: products, training: training, lambdaUnit: trace > 0 ? trace / Double(max(width, 1)) : 1,
      folds: folds, responses: responses)
  }

  /// Products of all frames with the training frames, centred in the training set: [frames, training].
  private func combined(_ training: [Int]) -> Matrix {
    var shared: Matrix
    switch base {
    case .products(let products): shared = products.centredColumns(training)
    case .standardising(let features):
      shared = standardised(features, training)
      shared.centreKernel(about: training)
    }
    guard let tasks else { return shared }
    var offset = Matrix(shared.rows, shared.columns)
    var own = offset
    let columnTasks = training.map { tasks[$0] }
    offset.values.withUnsafeMutableBufferPointer { offset in
      own.values.withUnsafeMutableBufferPointer { own in
        shared.values.withUnsafeBufferPointer { shared in
          for (row, task) in tasks.enumerated() {
            for column in columnTasks.indices where columnTasks[column] == task {
              let place = row * columnTasks.count + column
              offset[place] = 1
              own[place] = shared[place]
            }
          }
        }
      }
    }
    var result = Matrix(shared.rows, shared.columns)
    offset.centreKernel(about: training)
    own.centreKernel(about: training)
    for part in [shared, offset, own] {
      let trace = training.enumerated().reduce(0) { $0 + part[$1.element, $1.offset] }
      if trace > 0 { result.add(part, times: Double(training.count) / trace) }
    }
    return result
  }

  private func standardised(_ features: Matrix, _ training: [Int]) -> Matrix {
    var all = features
    all.subtractFromRows(all.rows(training).columnMeans())
    let overall = features.columnSquares().map { $0 / Double(features.rows) }
    let variances = all.rows(training).columnSquares().map { $0 / Double(max(training.count, 1)) }
    // A column that is constant in the training set says nothing there; scaling it up would make noise of it.
    all.scaleRows(by: zip(variances, overall).map { $0 > 1e-6 * $1 ? 1 / $0.squareRoot() : 0 })
    return all.times(all.rows(training), transposingOther: true)
  }
}
