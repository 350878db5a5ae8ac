import Quantization
import Tensors
import Testing

@Suite struct LossAccumulatorTests {
  @Test func addsSlicesInRowOrderWhateverTheOrderOfArrival() {
    let sums = [1e16, 1, -1e16, 1].map { LossSums(signal: $0, noise: 0) }
    let totals = [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]].map { order in
      let losses = LossAccumulator()
      for slice in order { losses.note("w", rows: slice * 4..<slice * 4 + 4, sums[slice]) }
      return losses.total("w", rows: 16)
    }
    #expect(totals.allSatisfy { $0 == totals[0] && $0 != nil })
  }

  @Test func hasNoTotalWhileRowsAreMissing() {
    let losses = LossAccumulator()
    #expect(losses.total("w", rows: 4) == nil)
    losses.note("w", rows: 0..<2, LossSums(signal: 1, noise: 1))
    #expect(losses.total("w", rows: 4) == nil)
    losses.note("w", rows: 2..<4, LossSums(signal: 3, noise: 1))
    #expect(losses.total("w", rows: 4) == LossSums(signal: 4, noise: 2))
  }

  @Test func makingRowsAgainCountsOnce() {
    let losses = LossAccumulator()
    for _ in 0..<2 { losses.note("w", rows: 0..<4, LossSums(signal: 5, noise: 1)) }
    #expect(losses.total("w", rows: 4) == LossSums(signal: 5, noise: 1))
  }

  @Test(arguments: [(100.0, 1.0, 20.0), (1, 1, 0), (1, 1000, -30)])
  func decibels(_ signal: Double, _ noise: Double, _ expected: Double) throws {
    #expect(abs(try #require(LossSums(signal: signal, noise: noise).decibels) - expected) < 1e-12)
  }

  @Test func exactWeightsHaveNoDecibels() { #expect(LossSums(signal: 1, noise: 0).decibels == nil) }
}
