internal import CKernels

/// What linear attention with the gated delta rule works on (`vk_delta_rule`): rows of tokens, `stride` floats apart, in which each
/// head has its query, key and value.
package struct DeltaRule {
  package let query: UnsafePointer<Float>
  package let key: UnsafePointer<Float>
  package let value: UnsafePointer<Float>
  package let stride: Int
  /// How much of the state each token keeps, and how far it corrects it, from 0 to 1: `[tokens, heads]`.
  package let decay: UnsafePointer<Float>
  package let rate: UnsafePointer<Float>
  package let tokens: Int
  package let heads: Int
  /// Each query and key serves `heads / keyHeads` heads in a row.
  package let keyHeads: Int
  package let keyWidth: Int
  package let valueWidth: Int

  package init(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>, stride: Int,
    decay: UnsafePointer<Float>, rate: UnsafePointer<Float>, tokens: Int, heads: Int, keyHeads: Int, keyWidth: Int,
    valueWidth: Int
  ) {
    precondition(keyHeads > 0 && heads % keyHeads == 0, "\(heads) heads do not divide among \(keyHeads)")
    (self.query, self.key, self.value, self.stride, self.decay, self.rate) = (query, key, value, stride, decay, rate)
    (self.tokens, self.heads, self.keyHeads, self.keyWidth, self.valueWidth) = (tokens, heads, keyHeads, keyWidth, valueWidth)
  }
}

extension Kernels {
  /// For each token t and head with its state S: `S = decay_t S`, `S += k_t (rate_t (v_t - k_tᵀ S))ᵀ`, `out_t = q_tᵀ S`; heads on all
  /// threads.
  ///
  /// - Parameters:
  ///   - state: of the tokens before, then of all: `[heads, keyWidth, valueWidth]`.
  ///   - out: `[tokens, heads, valueWidth]`
  package func deltaRule(_ rule: DeltaRule, state: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>) {
    nonisolated(unsafe) let arguments = vk_delta_rule(
      query: rule.query, key: rule.key, value: rule.value, decay: rule.decay, rate: rule.rate, stride: rule.stride,
      tokens: rule.tokens, heads: rule.heads, key_heads: rule.keyHeads, key_width: rule.keyWidth,
      value_width: rule.valueWidth, state: state, out: out)
    Parallel.forEach(rule.heads) { head in
      withUnsafePointer(to: arguments) { table.pointee.delta_rule($0, head, head + 1) }
    }
  }

  /// `y[t, c] = f(Σ_k weights[k, c] x[t + k, c])` for `tokens` tokens: each channel's own weights over the token and those before it.
  ///
  /// - Parameters:
  ///   - x: `[taps - 1 + tokens, channels]`, the tokens before first; not `y`.
  ///   - weights: `[taps, channels]`
  package func convolve(
    _ function: Activation, _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, tokens: Int, channels: Int, taps: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    nonisolated(unsafe) let (x, weights, y) = (x, weights, y)
    Parallel.forRanges(tokens, grain: 8) { range in
      table.pointee.convolve(
        function.kernel, x + range.lowerBound * channels, weights, range.count, channels, taps,
        y + range.lowerBound * channels)
    }
  }
}
