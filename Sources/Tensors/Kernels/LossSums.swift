internal import Foundation

/// What rounding weights cost: sums over any number of weights, in f64. Laid out as `vk_quantization_sums`.
package struct LossSums: Sendable, Equatable {
  /// Sum of squared weights.
  package var signal: Double
  /// Sum of squared differences between weights and code · scale.
  package var noise: Double

  package init(signal: Double = 0, noise: Double = 0) {
    self.signal = signal
    self.noise = noise
  }

  package static func + (a: LossSums, b: LossSums) -> LossSums {
    LossSums(signal: a.signal + b.signal, noise: a.noise + b.noise)
  }

  /// Signal to quantization-noise ratio in dB, 10 log10(signal / noise); `nil` when every weight is held
  /// exactly.
  package var decibels: Double? { noise > 0 ? 10 * log10(signal / noise) : nil }
}
