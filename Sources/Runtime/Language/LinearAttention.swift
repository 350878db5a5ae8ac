internal import Foundation
internal import Mapping
internal import Tensors

/// Attention by a state in place of the keys and values of all tokens (Gated DeltaNet of Qwen3.5): a short convolution over queries,
/// keys and values, then each head's state is decayed, corrected towards the token's value and read.
///
/// "Gated Delta Networks", Yang et al. 2024; `Qwen3_5GatedDeltaNet` of transformers 5.23.
struct LinearAttention: Sendable {
  let sizes: LinearAttentionSizes
  /// Queries, keys and values of all heads, `[channels, width]`.
  let qkv: Linear
  /// `[taps, channels]`
  let convolution: FloatTensor
  /// How far a token corrects a head's state, `[heads, width]`.
  let rate: Linear
  /// How long a token's step of time is for a head, `[heads, width]`, and what is added to it, `[heads]`.
  let step: Linear
  let stepBias: FloatTensor
  /// What a head forgets in a step of time: `e^decay_log`, `[heads]`.
  let forgetting: [Float]
  /// Over what each head read, `[valueWidth]`; then its gate, `[heads * valueWidth, width]`.
  let norm: Norm
  let gate: Linear
  /// `[width, heads * valueWidth]`
  let output: Linear
  /// By these, RMSNorm makes keys of length 1, and queries of length `1/√keyWidth`.
  private let keyScale: FloatTensor
  private let queryScale: FloatTensor

  init(_ name: String, _ language: LanguageConfiguration, _ sizes: LinearAttentionSizes, from loader: ModelLoader) throws {
    self.sizes = sizes
    let (width, heads) = (language.width, sizes.heads)
    qkv = try Linear("\(name).qkv", inputs: width, outputs: sizes.channels, from: loader)
    // Stored by channel; a vector of channels is multiplied tap by tap.
    let weights = try loader.floats("\(name).convolution.weight", [sizes.channels, sizes.taps])
    convolution = FloatTensor([sizes.taps, sizes.channels]) { destination in
      for channel in 0..<sizes.channels {
        for tap in 0..<sizes.taps {
          destination[tap * sizes.channels + channel] = weights.base[channel * sizes.taps + tap]
        }
      }
    }
    // They decide what is kept for the rest of the sequence, and are a thousandth of the arithmetic.
    rate = try Linear("\(name).rate", inputs: width, outputs: heads, from: loader, float32Only: true)
    step = try Linear("\(name).step", inputs: width, outputs: heads, from: loader, float32Only: true)
    stepBias = try loader.floats("\(name).step_bias", [heads])
    forgetting = try loader.floats("\(name).decay_log", [heads]).values.map { Float(exp(Double($0))) }
    norm = try Norm("\(name).norm", kind: .rmsNorm, width: sizes.valueWidth, epsilon: language.normEpsilon, from: loader)
    gate = try Linear("\(name).gate", inputs: width, outputs: heads * sizes.valueWidth, from: loader)
    output = try Linear("\(name).output", inputs: heads * sizes.valueWidth, outputs: width, from: loader)
    let length = 1 / Float(sizes.keyWidth).squareRoot()
    keyScale = FloatTensor([Float](repeating: length, count: sizes.keyWidth), shape: [sizes.keyWidth])
    queryScale = FloatTensor([Float](repeating: length * length, count: sizes.keyWidth), shape: [sizes.keyWidth])
  }

  /// Floats that `wide` and `mixed` of a workspace need for so many rows.
  func wide(rows: Int) -> Int { max((rows + sizes.taps - 1) * sizes.channels, rows * sizes.heads * sizes.valueWidth) }
  func mixed(rows: Int) -> Int { rows * sizes.channels }

  /// Writes `attention(norm(x)) + residual` to `y`, and goes on with the block's state in the cache.
  ///
  /// - Parameters:
  ///   - x, residual, y: `[rows, width of the model]`
  ///   - wide, mixed: scratch.
  func callAsFunction(
    _ norm: Norm, _ x: UnsafePointer<Float>, rows: Int, state: LinearAttentionState, tokens: PackedTokens,
    wide: UnsafeMutablePointer<Float>, mixed: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>
  ) {
    let (channels, heads, before) = (sizes.channels, sizes.heads, sizes.taps - 1)
    norm.pack(x, rows: rows, into: tokens, as: qkv.format)
    wide.update(from: state.before.base, count: before * channels)
    qkv(tokens, into: wide + before * channels)
    state.before.base.update(from: wide + rows * channels, count: before * channels)
    Kernels.active.convolve(
      .silu, wide, weights: convolution.base, tokens: rows, channels: channels, taps: sizes.taps, into: mixed)
    scale(mixed, rows: rows)

    let (decay, rates) = (Scratch(rows * heads), Scratch(rows * heads))
    if rate.format != qkv.format { norm.pack(x, rows: rows, into: tokens, as: rate.format) }
    rate(tokens, activation: .sigmoid, into: rates.base)
    step(tokens, into: decay.base)
    for place in 0..<rows * heads {
      let time = Self.softplus(Double(decay.base[place] + stepBias.base[place % heads]))
      decay.base[place] = Float(exp(-Double(forgetting[place % heads]) * time))
    }
    Kernels.active.deltaRule(
      DeltaRule(
        query: mixed, key: mixed + sizes.keys, value: mixed + 2 * sizes.keys, stride: channels, decay: decay.base,
        rate: rates.base, tokens: rows, heads: heads, keyHeads: sizes.keyHeads, keyWidth: sizes.keyWidth,
        valueWidth: sizes.valueWidth),
      state: state.memory.base, into: wide)
    self.norm.inPlace(wide, rows: rows * heads)
    norm.pack(x, rows: rows, into: tokens, as: gate.format)
    gate(tokens, activation: .silu, factor: wide, into: wide)
    tokens.pack(wide, rows: rows, width: heads * sizes.valueWidth, as: output.format)
    output(tokens, residual: residual, into: y)
  }

  /// Brings keys to length 1 and queries to `1/√keyWidth`, `x / √(Σx² + 1e-6)`, in rows of channels.
  private func scale(_ rows: UnsafeMutablePointer<Float>, rows count: Int) {
    nonisolated(unsafe) let rows = rows
    let epsilon = 1e-6 / Float(sizes.keyWidth)
    Parallel.forRanges(count, grain: 16) { range in
      for row in range {
        let queries = rows + row * sizes.channels
        for (part, weight) in [(queries, queryScale), (queries + sizes.keys, keyScale)] {
          Kernels.active.rmsNorm(
            part, weight: weight.base, epsilon: epsilon, into: part, rows: sizes.keyHeads, width: sizes.keyWidth)
        }
      }
    }
  }

  /// `ln(1 + e^x)`
  private static func softplus(_ x: Double) -> Double { x > 30 ? x : log1p(exp(x)) }
}

/// What a block of linear attention remembers of the tokens it has seen, however many.
final class LinearAttentionState {
  /// Queries, keys and values of the last tokens before the convolution, `[taps - 1, channels]`.
  let before: Scratch
  /// `[heads, keyWidth, valueWidth]`
  let memory: Scratch

  init(_ sizes: LinearAttentionSizes) {
    before = Scratch((sizes.taps - 1) * sizes.channels)
    memory = Scratch(sizes.heads * sizes.keyWidth * sizes.valueWidth)
    before.base.update(repeating: 0, count: before.count)
    memory.base.update(repeating: 0, count: memory.count)
  }
}
