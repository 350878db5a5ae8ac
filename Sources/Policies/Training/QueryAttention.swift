internal import Foundation
internal import Runtime
internal import Tensors

/// Attention of one row, a query's, over the keys and values of its context and its own, and back.
struct QueryAttention: Sendable {
  let heads: Int
  let keyHeads: Int
  let headWidth: Int
  let scale: Float
  let softCap: Float?

  /// What a forward pass leaves.
  struct Tape: Sendable {
    /// Turned; own key turned, own value.
    var query: [Float] = []
    var key: [Float] = []
    var value: [Float] = []
    /// By row and head: probabilities of the visible tokens, the query last.
    var probabilities: [[Float]] = []
  }

  /// Turns pairs (p, p + half) of every head by the query's angles, or back.
  func turn(_ x: inout [Float], _ block: Int, _ contexts: [QueryContext], _ heads: Int, back: Bool) {
    let half = headWidth / 2
    for (row, context) in contexts.enumerated() where !context.cosines[block].isEmpty {
      let (cosines, sines) = (context.cosines[block], context.sines[block])
      for head in 0..<heads {
        let base = (row * heads + head) * headWidth
        for pair in 0..<half {
          let (c, s) = (cosines[pair], back ? -sines[pair] : sines[pair])
          let (a, b) = (x[base + pair], x[base + half + pair])
          x[base + pair] = a * c - b * s
          x[base + half + pair] = b * c + a * s
        }
      }
    }
  }

  /// Attention of the query over its context and itself: [rows, heads * headWidth].
  func forward(_ block: Int, _ contexts: [QueryContext], _ step: inout Tape) -> [Float] {
    let shared = heads / keyHeads
    let (query, key, value) = (step.query, step.key, step.value)
    let results = Parallel.map(contexts.count * heads) { place -> (probabilities: [Float], mixed: [Float]) in
      let (row, head) = (place / heads, place % heads)
      let (context, kv) = (contexts[row], head / shared)
      let (first, keyWidth) = (context.firstVisible[block], keyHeads * headWidth)
      let q = (row * heads + head) * headWidth
      let own = (row * keyHeads + kv) * headWidth
      var scores = (first..<context.count).map { token in
        dot(query, q, context.keys[block], token * keyWidth + kv * headWidth)
      }
      scores.append(dot(query, q, key, own))
      for index in scores.indices {
        scores[index] *= scale
        if let softCap { scores[index] = softCap * tanh(scores[index] / softCap) }
      }
      let most = scores.max()!
      var sum: Float = 0
      for index in scores.indices {
        scores[index] = exp(scores[index] - most)
        sum += scores[index]
      }
      var mixed = [Float](repeating: 0, count: headWidth)
      for index in scores.indices {
        scores[index] /= sum
        let isOwn = index == scores.count - 1
        let base = isOwn ? own : (first + index) * keyWidth + kv * headWidth
        for channel in 0..<headWidth {
          mixed[channel] += scores[index] * (isOwn ? value[base + channel] : context.values[block][base + channel])
        }
      }
      return (scores, mixed)
    }
    step.probabilities = results.map(\.probabilities)
    return results.flatMap(\.mixed)
  }

  /// Gradients at queries, own keys and own values.
  func backward(
    _ block: Int, _ contexts: [QueryContext], _ step: Tape, _ dmixed: [Float]
  ) -> (query: [Float], key: [Float], value: [Float]) {
    let shared = heads / keyHeads
    let results = Parallel.map(contexts.count * heads) { place -> (dq: [Float], dk: [Float], dv: [Float]) in
      let (row, head) = (place / heads, place % heads)
      let (context, kv) = (contexts[row], head / shared)
      let (first, keyWidth) = (context.firstVisible[block], keyHeads * headWidth)
      let q = (row * heads + head) * headWidth
      let own = (row * keyHeads + kv) * headWidth
      let probabilities = step.probabilities[place]
      func isOwn(_ index: Int) -> Bool { index == probabilities.count - 1 }
      func base(_ index: Int) -> Int { isOwn(index) ? own : (first + index) * keyWidth + kv * headWidth }
      var dp = probabilities.indices.map { index in
        isOwn(index) ? dot(dmixed, q, step.value, own) : dot(dmixed, q, context.values[block], base(index))
      }
      let mean = zip(probabilities, dp).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      var (dq, dk, dv) = ([Float](repeating: 0, count: headWidth), [Float](repeating: 0, count: headWidth), [Float](repeating: 0, count: headWidth))
      for index in probabilities.indices {
        dp[index] = probabilities[index] * (dp[index] - mean) * scale
        if let softCap {
          let score =
            scale * (isOwn(index) ? dot(step.query, q, step.key, own) : dot(step.query, q, context.keys[block], base(index)))
          let t = tanh(score / softCap)
          dp[index] *= 1 - t * t
        }
        for channel in 0..<headWidth {
          let k = isOwn(index) ? step.key[own + channel] : context.keys[block][base(index) + channel]
          dq[channel] += dp[index] * k
        }
      }
      let last = probabilities.count - 1
      for channel in 0..<headWidth {
        dk[channel] = dp[last] * step.query[q + channel]
        dv[channel] = probabilities[last] * dmixed[q + channel]
      }
      return (dq, dk, dv)
    }
    var (key, value) = ([Float](repeating: 0, count: step.key.count), [Float](repeating: 0, count: step.value.count))
    for (place, result) in results.enumerated() {
      let (row, kv) = (place / heads, place % heads / shared)
      for channel in 0..<headWidth {
        key[(row * keyHeads + kv) * headWidth + channel] += result.dk[channel]
        value[(row * keyHeads + kv) * headWidth + channel] += result.dv[channel]
      }
    }
    return (results.flatMap(\.dq), key, value)
  }

  private func dot(_ x: [Float], _ i: Int, _ y: [Float], _ j: Int) -> Float {
    var sum: Float = 0
    for channel in 0..<headWidth { sum += x[i + channel] * y[j + channel] }
    return sum
  }
}
