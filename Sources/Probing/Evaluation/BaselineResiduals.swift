package import Statistics
package import Tensors

/// What time, previous action, proprioception and task leave of the targets, fitted in each training set by itself.
package struct BaselineResiduals: Sendable {
  /// Ridge at this fixed multiple of tr(A)/p: the baseline has few columns and is not to be tuned to a fold.
  package static let lambda = 1e-2

  private let byTrainingSet: [Set<Int>: Matrix]

  /// `designs`: one for each kind of baseline; `kinds[i]`: the design that serves response column i.
  package init(
    _ designs: [any Design], kinds: [Int], responses: Matrix, folds: EpisodeFolds
  ) throws(VLMError) {
    let frames = Array(0..<folds.frameCount)
    let sets = (0..<folds.count).flatMap { first in (first..<folds.count).map { Set([first, $0]) } }
    let residuals = try Parallel.map(sets.count) { (index) throws(VLMError) in
      var residuals = responses
      for (kind, design) in designs.enumerated() where kinds.contains(kind) {
        let fit = try design.fit(leavingOut: sets[index], responses: Responses(fixed: responses))
        let lambdas = [Double](repeating: Self.lambda * fit.lambdaUnit, count: responses.columns)
        let predictions = try fit.predictions(frames, lambdas: lambdas)
        for column in kinds.indices where kinds[column] == kind {
          for frame in frames { residuals[frame, column] -= predictions[frame, column] }
        }
      }
      return residuals
    }
    byTrainingSet = Dictionary(uniqueKeysWithValues: zip(sets, residuals))
  }

  /// [frames, target columns].
  package func callAsFunction(_ held: Set<Int>) -> Matrix { byTrainingSet[held]! }
}
