import Benchmarks
import Tensors
import Testing

@Suite struct KernelBenchmarkTests {
  /// Speed is not asserted on: only that everything is checked, measured and finite.
  @Test func measuresWhatItIsGiven() throws {
    let extent = KernelBenchmark.ProductSize(name: "small", rows: 13, outputs: 40, inputs: 65)
    let result = try KernelBenchmark.run([extent], attention: [(9, 2, 8)], repetitions: 1)
    #expect(result.instructionSet == InstructionSet.active.rawValue)
    #expect(result.products.count == 1 && result.attention.count == 1)
    let rates = [
      result.float32Peak, result.int8Peak, result.products[0].float32, result.products[0].int8,
      result.attention[0].float32,
    ]
    for rate in rates { #expect(rate.isFinite && rate > 0) }
  }
}
