import Tensors
import TestSupport
import Testing

/// Linear attention against transformers' own loop over tokens (fixtures/oracle/make_kernels.py).
@Suite struct DeltaRuleTests {
  let truth = KernelReference.shared.deltaRule

  /// In parts, the second of which goes on with the state that the first left.
  @Test(arguments: InstructionSet.available)
  func isTransformers(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    let (heads, keys) = (truth.heads, truth.keyHeads * truth.keyWidth)
    let channels = 2 * keys + heads * truth.valueWidth
    var state = [Float](repeating: 0, count: heads * truth.keyWidth * truth.valueWidth)
    var output = [Float](repeating: .nan, count: truth.tokens * heads * truth.valueWidth)
    var first = 0
    for tokens in truth.parts {
      truth.rows.withUnsafeBufferPointer { rows in
        truth.decay.withUnsafeBufferPointer { decay in
          truth.rate.withUnsafeBufferPointer { rate in
            output.withUnsafeMutableBufferPointer { output in
              let row = rows.baseAddress! + first * channels
              kernels.deltaRule(
                DeltaRule(
                  query: row, key: row + keys, value: row + 2 * keys, stride: channels,
                  decay: decay.baseAddress! + first * heads, rate: rate.baseAddress! + first * heads, tokens: tokens,
                  heads: heads, keyHeads: truth.keyHeads, keyWidth: truth.keyWidth, valueWidth: truth.valueWidth),
                state: &state, into: output.baseAddress! + first * heads * truth.valueWidth)
            }
          }
        }
      }
      first += tokens
    }
    #expect(deviation(output, from: truth.output) <= 2e-6)
    #expect(deviation(state, from: truth.state) <= 2e-6)
  }

  @Test(arguments: InstructionSet.available)
  func convolutionIsTorchs(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    let channels = truth.rows.count / truth.tokens
    let padded = [Float](repeating: 0, count: (truth.taps - 1) * channels) + truth.rows
    var y = [Float](repeating: .nan, count: truth.rows.count)
    kernels.convolve(
      .silu, padded, weights: truth.weights, tokens: truth.tokens, channels: channels, taps: truth.taps, into: &y)
    #expect(deviation(y, from: truth.convolved) <= 2e-6)
  }
}
