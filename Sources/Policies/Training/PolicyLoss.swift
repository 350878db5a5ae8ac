internal import Foundation
package import Tensors

/// What training makes small, of chunks some of whose steps do not count.
///
///     authors: mean Huber(tanh output - label) + 0.01 mean BCE(logit, label)
///     paper:   mean (tanh output - label)^2   +      mean BCE(logit, label)
///
/// Means are over the steps that count, of all samples together. Huber has delta 1: `d^2 / 2` where `|d| < 1`, else `|d| - 1/2`.
package enum PolicyLoss: String, Sendable, CaseIterable, Codable {
  /// What the authors' code computes (`base_policy.py`, `base_trainer.py`).
  case huber
  /// What their paper's equation says.
  case squared

  /// Weight of the gripper's loss.
  package var gripperWeight: Double { self == .huber ? 0.01 : 1 }

  /// Loss of one batch, its parts, and its gradients at the head's output.
  package struct Result: Sendable {
    package let total: Double
    package let arm: Double
    /// Before it is weighted.
    package let gripper: Double
    /// Share of the steps whose gripper is right.
    package let gripperAccuracy: Double
    package let darm: [Float]
    package let dgripper: [Float]
  }

  /// - Parameters:
  ///   - output: of `rows` samples.
  ///   - chunks: their labels, in the same order.
  /// - Throws: `policies.training.failed` where no step counts, or the loss is not finite.
  package func callAsFunction(
    _ output: FCDecoder.Output, _ chunks: [ActionChunk], layout: FCDecoder.Layout, hasGripper: Bool = true
  ) throws(VLMError) -> Result {
    let (steps, arm) = (layout.chunk, layout.armDimensions)
    precondition(output.gripper.count == chunks.count * steps && output.arm.count == chunks.count * steps * arm)
    let counted = chunks.reduce(0) { $0 + $1.mask.count(where: \.self) }
    guard counted > 0 else { throw VLMError(.trainingFailed, "no step of the batch counts") }
    var darm = [Float](repeating: 0, count: output.arm.count)
    var dgripper = [Float](repeating: 0, count: output.gripper.count)
    var (armSum, gripperSum, right) = (0.0, 0.0, 0)
    let (armScale, gripperScale) = (1 / Double(counted * arm), 1 / Double(counted))
    for (row, chunk) in chunks.enumerated() {
      for step in 0..<steps where chunk.mask[step] {
        let place = row * steps + step
        for dimension in 0..<arm {
          let d = Double(output.arm[place * arm + dimension]) - Double(Float(chunk.labels[step][dimension]))
          let (loss, slope) = armLoss(d)
          armSum += loss
          darm[place * arm + dimension] = Float(slope * armScale)
        }
        guard hasGripper else { continue }
        let (logit, label) = (Double(output.gripper[place]), chunk.labels[step][arm])
        gripperSum += max(logit, 0) - logit * label + log1p(exp(-abs(logit)))
        let probability = 1 / (1 + exp(-logit))
        dgripper[place] = Float((probability - label) * gripperScale * gripperWeight)
        right += FCDecoder.opens(output.gripper[place]) == (label > 0.5) ? 1 : 0
      }
    }
    let (armMean, gripperMean) = (armSum * armScale, gripperSum * gripperScale)
    let total = armMean + gripperWeight * gripperMean
    guard total.isFinite else { throw VLMError(.trainingFailed, "the loss is \(total)") }
    return Result(
      total: total, arm: armMean, gripper: gripperMean, gripperAccuracy: Double(right) * gripperScale, darm: darm,
      dgripper: dgripper)
  }

  private func armLoss(_ d: Double) -> (loss: Double, slope: Double) {
    switch self {
    case .huber: abs(d) < 1 ? (0.5 * d * d, d) : (abs(d) - 0.5, d < 0 ? -1 : 1)
    case .squared: (d * d, 2 * d)
    }
  }
}
