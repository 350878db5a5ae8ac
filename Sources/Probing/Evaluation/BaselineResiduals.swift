package import Statistics
package import Tensors

/// What time, previous action, proprioception and task read of the targets, fitted in each training set by itself, and what they
/// leave.
package struct BaselineResiduals: Sendable {
  /// Ridge at this fixed multiple of tr(A)/p: the baseline has few columns and is not to be tuned to a fold.
  package static let lambda = 1e-2

  private let readings: [Set<Int>: LowRank]
  private let responses: Matrix

  /// `designs`: one for each kind of baseline; `kinds[i]`: the design that serves response column i.
  package init(
    _ designs: [any Design], kinds: [Int], responses: Matrix, folds: EpisodeFolds
  ) throws(VLMError) {
    let frames = Array(0..<folds.frameCount)
    let sets = (0..<folds.count).flatMap { first in (first..<folds.count).map { Set([first, $0]) } }
    let readings = try Parallel.map(sets.count) { (index) throws(VLMError) in
      var readings = Matrix(frames.count, responses.columns)
      for (kind, design) in designs.enumerated() where kinds.contains(kind) {
        let fit = try design.fit(leavingOut: sets[index], responses: Responses(fixed: responses))
        let lambdas = [Double](repeating: Self.lambda * fit.lambdaUnit, count: responses.columns)
        let predictions = try fit.predictions(frames, lambdas: lambdas)
        for column in kinds.indices where kinds[column] == kind {
          for frame in frames { readings[frame, column] = predictions[frame, column] }
        }
      }
      return LowRank(readings)
    }
    self.readings = Dictionary(uniqueKeysWithValues: zip(sets, readings))
    self.responses = responses
  }

  /// What is read: [frames, target columns].
  package func explained(_ held: Set<Int>) -> LowRank { readings[held]! }

  /// What is left: [frames, target columns].
  package func callAsFunction(_ held: Set<Int>) -> Matrix {
    var residuals = responses
    residuals -= explained(held).product
    return residuals
  }
}
