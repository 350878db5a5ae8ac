internal import Foundation
internal import Tensors

/// Chooses the next token from logits: the largest, or one drawn by probability.
///
/// As transformers' warpers in their order: temperature, the `topK` largest, then the fewest of these whose probabilities
/// reach `topP`.
public struct Sampler: Sendable {
  /// Which token is taken.
  public struct Settings: Sendable, Equatable {
    /// Divides the logits; 0 is greedy.
    public var temperature: Double
    /// Candidates kept; `nil` keeps all.
    public var topK: Int?
    /// Probability mass kept; 1 keeps all.
    public var topP: Double
    /// The same seed gives the same text.
    public var seed: UInt64

    /// At temperature 0 nothing is drawn.
    public init(temperature: Double = 0, topK: Int? = nil, topP: Double = 1, seed: UInt64 = 0) {
      self.temperature = temperature
      self.topK = topK
      self.topP = topP
      self.seed = seed
    }

    /// The likeliest token.
    public static let greedy = Settings()
  }

  package let settings: Settings
  private var generator: SeededGenerator

  package init(_ settings: Settings = .greedy) {
    self.settings = settings
    generator = SeededGenerator(seed: settings.seed)
  }

  /// The next token; equal logits go to the lower id.
  package mutating func next(_ logits: [Float]) -> Int {
    precondition(!logits.isEmpty, "there are no logits to choose from")
    guard settings.temperature > 0 else { return Self.largest(logits) }
    let candidates = candidates(logits)
    let top = logits[candidates[0]]
    let weights = candidates.map { exp(Double(logits[$0] - top) / settings.temperature) }
    let kept = nucleus(weights)
    var draw = uniform() * weights[..<kept].reduce(0, +)
    for (index, weight) in weights[..<kept].enumerated() {
      draw -= weight
      if draw < 0 { return candidates[index] }
    }
    return candidates[kept - 1]
  }

  private static func largest(_ logits: [Float]) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best
  }

  /// Ids of the largest logits, descending. One that is e^40 times less probable than the likeliest is left out before sorting, which
  /// takes longer than all else of a large vocabulary: all such together are drawn once in 10^12 tokens.
  private func candidates(_ logits: [Float]) -> [Int] {
    let least = logits[Self.largest(logits)] - Float(40 * settings.temperature)
    let order = logits.indices.filter { logits[$0] >= least }.sorted { (logits[$0], $1) > (logits[$1], $0) }
    return settings.topK.map { Array(order.prefix(max(1, $0))) } ?? order
  }

  /// How many of the descending weights reach `topP` of their sum, at least one.
  private func nucleus(_ weights: [Double]) -> Int {
    guard settings.topP < 1 else { return weights.count }
    let limit = settings.topP * weights.reduce(0, +)
    var sum = 0.0
    for (index, weight) in weights.enumerated() {
      sum += weight
      if sum >= limit { return index + 1 }
    }
    return weights.count
  }

  /// In [0, 1).
  private mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }
}
