import Runtime
import Testing

@Suite struct SamplerTests {
  static let logits: [Float] = [0, 2, 1, 2, -3]

  @Test func greedyTakesTheFirstLargest() {
    var sampler = Sampler()
    #expect(sampler.next(Self.logits) == 1)
  }

  @Test func oneCandidateIsGreedy() {
    var narrow = Sampler(.init(temperature: 1, topK: 1))
    var nucleus = Sampler(.init(temperature: 0.01, topP: 0.1))
    for _ in 0..<20 {
      #expect(narrow.next(Self.logits) == 1)
      #expect(nucleus.next([0, 5, 1]) == 1)
    }
  }

  @Test func aSeedGivesTheSameTokens() {
    var (one, other, third) = (
      Sampler(.init(temperature: 1, seed: 7)), Sampler(.init(temperature: 1, seed: 7)),
      Sampler(.init(temperature: 1, seed: 8))
    )
    let tokens = (0..<50).map { _ in one.next(Self.logits) }
    #expect(tokens == (0..<50).map { _ in other.next(Self.logits) })
    #expect(tokens != (0..<50).map { _ in third.next(Self.logits) })
  }

  /// Frequencies of 20,000 draws against softmax, within five standard deviations.
  @Test(
    arguments: [(1.0, nil, 1.0), (0.5, nil, 1.0), (2.0, 3, 1.0), (1.0, nil, 0.8)] as [(Double, Int?, Double)])
  func drawsByProbability(_ temperature: Double, _ topK: Int?, _ topP: Double) {
    var sampler = Sampler(.init(temperature: temperature, topK: topK, topP: topP, seed: 3))
    let draws = 20_000
    var counts = [Int](repeating: 0, count: Self.logits.count)
    for _ in 0..<draws { counts[sampler.next(Self.logits)] += 1 }
    let expected = Self.probabilities(temperature, topK, topP)
    for (count, p) in zip(counts, expected) {
      let deviation = (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - Double(draws) * p) <= 5 * deviation + 1e-9)
    }
  }

  static func probabilities(_ temperature: Double, _ topK: Int?, _ topP: Double) -> [Double] {
    func power(_ x: Double) -> Double { (1...40).reversed().reduce(1.0) { 1 + $0 * x / Double($1) } }
    let order = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }.prefix(topK ?? logits.count)
    let weights = order.map { power(Double(logits[$0]) / temperature) }
    let all = weights.reduce(0, +)
    var kept: [Double] = []
    for weight in weights {
      kept.append(weight)
      if kept.reduce(0, +) >= topP * all { break }
    }
    var result = [Double](repeating: 0, count: logits.count)
    for (index, weight) in zip(order, kept) { result[index] = weight / kept.reduce(0, +) }
    return result
  }
}
