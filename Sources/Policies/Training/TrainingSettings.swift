/// How a head is trained: the authors' recipe, but for what a CPU and a frozen backbone change.
package struct TrainingSettings: Sendable, Equatable, Codable {
  package var loss = PolicyLoss.huber
  /// Constant after the warm-up. The authors train all of a VLM at 2e-5; a head alone stands 1e-3.
  package var learningRate = 1e-3
  /// Steps over which the rate grows linearly from zero.
  package var warmupSteps = 250
  package var steps = 5000
  /// Samples a step.
  package var batch = 128
  /// Gradients longer than this are scaled down to it.
  package var clip = 1.0
  package var adam = AdamW.Settings()
  /// Decides the head's first weights and the order of samples. The authors' is 123.
  package var seed: UInt64 = 123

  package init() {}

  /// The rate of a step, counted from 1: `transformers.get_constant_schedule_with_warmup`.
  package func rate(atStep step: Int) -> Double {
    step <= warmupSteps ? learningRate * Double(step - 1) / Double(max(1, warmupSteps)) : learningRate
  }
}
