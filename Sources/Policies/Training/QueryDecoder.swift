internal import Foundation
package import Mapping
package import Runtime
package import Tensors

/// A language model for its last token alone, forward and back: what it takes to train a query behind frozen prompts.
///
/// The tokens before the query do not see it, so their keys and values are made once (`QueryContext`), and a query's row passes the
/// decoder by itself; its gradient comes back the same way. All in f32 with weights as `[out, in]`, whatever the checkpoint stores.
package struct QueryDecoder: Sendable {
  private let blocks: [Block]
  private let norm: Normalisation
  private let heads: Int
  private let keyHeads: Int
  private let headWidth: Int
  private let scale: Float
  private let softCap: Float?
  /// What embeddings are multiplied by (Gemma, Kosmos-2).
  private let embeddingScale: Float
  package let width: Int

  /// Parameters of a decoder that is held in f32 beside its context: 4 GB.
  private static let most = 1_000_000_000

  private struct Block: Sendable {
    let norm1: Normalisation
    let query: DenseLayer
    let key: DenseLayer
    let value: DenseLayer
    let queryNorm: Normalisation?
    let keyNorm: Normalisation?
    let innerNorm: Normalisation?
    let output: DenseLayer
    let postNorm1: Normalisation?
    let norm2: Normalisation
    let gate: DenseLayer?
    let up: DenseLayer
    let hiddenNorm: Normalisation?
    let down: DenseLayer
    let postNorm2: Normalisation?
  }

  private let activation: ActivationKind

  /// - Throws: `policies.query.untrainable` for a mixture of experts, int8 weights, or a decoder that is too large: the query then
  ///   stays what it is.
  package init(_ checkpoint: MappedCheckpoint) throws {
    guard let language = checkpoint.configuration.language else {
      throw VLMError(.policyMissing, "the model has no decoder to put a query into", file: checkpoint.path)
    }
    func refuse(_ reason: String) -> VLMError {
      VLMError(
        .queryUntrainable, reason, file: checkpoint.path, remedy: "leave the query at zero, as by default: the head is trained alone")
    }
    guard language.experts == nil else { throw refuse("a mixture of experts has no backward pass here") }
    guard checkpoint.configuration.quantization == nil else { throw refuse("int8 weights have no gradients") }
    let names = checkpoint.parameters.keys.filter { $0.hasPrefix("language.blocks.") }
    let count = names.reduce(0) { $0 + checkpoint.parameters[$1]!.shape.count }
    guard count <= Self.most else {
      throw refuse("\(count) parameters of the decoder are more than the \(Self.most) that are held in f32")
    }
    func floats(_ name: String) throws -> [Float] { try checkpoint.floats(name).values }
    func has(_ name: String) -> Bool { checkpoint.parameters[name] != nil }
    func dense(_ name: String) throws -> DenseLayer {
      let shape = checkpoint.parameters[name + ".weight"]!.shape
      return DenseLayer(
        inputs: shape[1], outputs: shape[0], weight: try floats(name + ".weight"),
        bias: has(name + ".bias") ? try floats(name + ".bias") : [Float](repeating: 0, count: shape[0]))
    }
    func normalisation(_ name: String) throws -> Normalisation? {
      guard has(name + ".weight") else { return nil }
      let stored = try floats(name + ".weight")
      return Normalisation(
        isCentred: language.norm == .layerNorm, weight: language.unitOffsetNorm == true ? stored.map { 1 + $0 } : stored,
        bias: has(name + ".bias") ? try floats(name + ".bias") : nil, epsilon: language.normEpsilon)
    }
    blocks = try (0..<language.depth).map { index in
      let name = "language.blocks.\(index)"
      return Block(
        norm1: try normalisation("\(name).norm1")!, query: try dense("\(name).attention.query"),
        key: try dense("\(name).attention.key"), value: try dense("\(name).attention.value"),
        queryNorm: try normalisation("\(name).attention.query_norm"),
        keyNorm: try normalisation("\(name).attention.key_norm"), innerNorm: try normalisation("\(name).attention.norm"),
        output: try dense("\(name).attention.output"), postNorm1: try normalisation("\(name).norm1_post"),
        norm2: try normalisation("\(name).norm2")!, gate: language.mlp == .gated ? try dense("\(name).mlp.gate") : nil,
        up: try dense("\(name).mlp.up"), hiddenNorm: try normalisation("\(name).mlp.norm"),
        down: try dense("\(name).mlp.down"), postNorm2: try normalisation("\(name).norm2_post"))
    }
    norm = try normalisation("language.norm")!
    (heads, keyHeads, headWidth) = (language.heads, language.keyValueHeads, language.headWidth)
    scale = 1 / Float(language.queryScale ?? Double(language.headWidth)).squareRoot()
    softCap = language.attentionSoftCap.map(Float.init)
    embeddingScale = language.scalesEmbeddings == true ? Float(Double(language.width).squareRoot()) : 1
    width = language.width
    activation = language.activation
  }

  /// What a forward pass leaves for the way back.
  package struct Tape {
    fileprivate var steps: [BlockTape] = []
    fileprivate var final = Normalisation.Tape()
    fileprivate let contexts: [QueryContext]
  }

  fileprivate struct BlockTape {
    var norm1 = Normalisation.Tape()
    var queryNorm = Normalisation.Tape()
    var keyNorm = Normalisation.Tape()
    var innerNorm = Normalisation.Tape()
    var postNorm1 = Normalisation.Tape()
    var norm2 = Normalisation.Tape()
    var hiddenNorm = Normalisation.Tape()
    var postNorm2 = Normalisation.Tape()
    /// Turned; own key turned, own value.
    var query: [Float] = []
    var key: [Float] = []
    var value: [Float] = []
    /// By row and head: probabilities of the visible tokens, the query last.
    var probabilities: [[Float]] = []
    var gate: [Float] = []
    var up: [Float] = []
  }

  /// What the query comes to behind each context: [contexts, width].
  package func forward(_ query: [Float], _ contexts: [QueryContext]) -> (states: [Float], tape: Tape) {
    let rows = contexts.count
    var tape = Tape(contexts: contexts)
    var x: [Float] = []
    for context in contexts {
      for index in 0..<width {
        x.append(query[index] * embeddingScale + (context.position.isEmpty ? 0 : context.position[index]))
      }
    }
    for (index, block) in blocks.enumerated() {
      var step = BlockTape()
      let h = block.norm1.forward(x, rows: rows, &step.norm1)
      var (q, k) = (block.query(h, rows: rows), block.key(h, rows: rows))
      step.value = block.value(h, rows: rows)
      if let norm = block.queryNorm { q = norm.forward(q, rows: rows * heads, &step.queryNorm) }
      if let norm = block.keyNorm { k = norm.forward(k, rows: rows * keyHeads, &step.keyNorm) }
      turn(&q, contexts, heads, back: false)
      turn(&k, contexts, keyHeads, back: false)
      (step.query, step.key) = (q, k)
      var mixed = attend(index, contexts, &step)
      if let norm = block.innerNorm { mixed = norm.forward(mixed, rows: rows, &step.innerNorm) }
      var y = block.output(mixed, rows: rows)
      if let norm = block.postNorm1 { y = norm.forward(y, rows: rows, &step.postNorm1) }
      add(y, to: &x)
      let g = block.norm2.forward(x, rows: rows, &step.norm2)
      step.up = block.up(g, rows: rows)
      var hidden: [Float]
      if let gate = block.gate {
        step.gate = gate(g, rows: rows)
        hidden = zip(step.gate, step.up).map { activation.value($0) * $1 }
      } else {
        hidden = step.up.map { activation.value($0) }
      }
      if let norm = block.hiddenNorm { hidden = norm.forward(hidden, rows: rows, &step.hiddenNorm) }
      y = block.down(hidden, rows: rows)
      if let norm = block.postNorm2 { y = norm.forward(y, rows: rows, &step.postNorm2) }
      add(y, to: &x)
      tape.steps.append(step)
    }
    return (norm.forward(x, rows: rows, &tape.final), tape)
  }

  /// The loss's gradient at the query, by its gradients at the states, `[contexts, width]`.
  package func backward(_ tape: Tape, states: [Float]) -> [Float] {
    let contexts = tape.contexts
    let rows = contexts.count
    var dx = norm.backward(states, rows: rows, tape.final)
    for (index, block) in blocks.enumerated().reversed() {
      let step = tape.steps[index]
      var dy = dx
      if let norm = block.postNorm2 { dy = norm.backward(dy, rows: rows, step.postNorm2) }
      var dhidden = block.down.inputGradient(dy, rows: rows)
      if let norm = block.hiddenNorm { dhidden = norm.backward(dhidden, rows: rows, step.hiddenNorm) }
      var dg: [Float]
      if let gate = block.gate {
        let dgate = dhidden.indices.map { dhidden[$0] * step.up[$0] * activation.slope(step.gate[$0]) }
        let dup = dhidden.indices.map { dhidden[$0] * activation.value(step.gate[$0]) }
        dg = gate.inputGradient(dgate, rows: rows)
        add(block.up.inputGradient(dup, rows: rows), to: &dg)
      } else {
        dg = block.up.inputGradient(dhidden.indices.map { dhidden[$0] * activation.slope(step.up[$0]) }, rows: rows)
      }
      add(block.norm2.backward(dg, rows: rows, step.norm2), to: &dx)
      dy = dx
      if let norm = block.postNorm1 { dy = norm.backward(dy, rows: rows, step.postNorm1) }
      var dmixed = block.output.inputGradient(dy, rows: rows)
      if let norm = block.innerNorm { dmixed = norm.backward(dmixed, rows: rows, step.innerNorm) }
      var (dq, dk, dv) = attendBack(index, contexts, step, dmixed)
      turn(&dq, contexts, heads, back: true)
      turn(&dk, contexts, keyHeads, back: true)
      if let norm = block.queryNorm { dq = norm.backward(dq, rows: rows * heads, step.queryNorm) }
      if let norm = block.keyNorm { dk = norm.backward(dk, rows: rows * keyHeads, step.keyNorm) }
      var dh = block.query.inputGradient(dq, rows: rows)
      add(block.key.inputGradient(dk, rows: rows), to: &dh)
      add(block.value.inputGradient(dv, rows: rows), to: &dh)
      add(block.norm1.backward(dh, rows: rows, step.norm1), to: &dx)
    }
    var query = [Float](repeating: 0, count: width)
    for row in 0..<rows { for index in 0..<width { query[index] += dx[row * width + index] * embeddingScale } }
    return query
  }

  private func add(_ y: [Float], to x: inout [Float]) { for index in x.indices { x[index] += y[index] } }

  /// Turns pairs (p, p + half) of every head by the query's angles, or back.
  private func turn(_ x: inout [Float], _ contexts: [QueryContext], _ heads: Int, back: Bool) {
    let half = headWidth / 2
    for (row, context) in contexts.enumerated() where !context.cosines.isEmpty {
      for head in 0..<heads {
        let base = (row * heads + head) * headWidth
        for pair in 0..<half {
          let (c, s) = (context.cosines[pair], back ? -context.sines[pair] : context.sines[pair])
          let (a, b) = (x[base + pair], x[base + half + pair])
          x[base + pair] = a * c - b * s
          x[base + half + pair] = b * c + a * s
        }
      }
    }
  }

  /// Attention of the query over its context and itself: [rows, heads * headWidth].
  private func attend(_ block: Int, _ contexts: [QueryContext], _ step: inout BlockTape) -> [Float] {
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

  private func attendBack(
    _ block: Int, _ contexts: [QueryContext], _ step: BlockTape, _ dmixed: [Float]
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

/// LayerNorm or RMSNorm over rows, and back.
struct Normalisation: Sendable {
  /// LayerNorm.
  let isCentred: Bool
  let weight: [Float]
  let bias: [Float]?
  let epsilon: Double

  /// What was normed.
  struct Tape: Sendable {
    var x: [Float] = []
  }

  func forward(_ x: [Float], rows: Int, _ tape: inout Tape) -> [Float] {
    tape.x = x
    let width = weight.count
    var y = x
    for row in 0..<rows {
      let (mean, scale) = statistics(x, row)
      for index in 0..<width {
        let normed = Float((Double(x[row * width + index]) - mean) * scale)
        y[row * width + index] = normed * weight[index] + (bias?[index] ?? 0)
      }
    }
    return y
  }

  func backward(_ dy: [Float], rows: Int, _ tape: Tape) -> [Float] {
    let width = weight.count
    var dx = dy
    for row in 0..<rows {
      let (mean, scale) = statistics(tape.x, row)
      var (sum, along) = (0.0, 0.0)
      for index in 0..<width {
        let g = Double(dy[row * width + index]) * Double(weight[index])
        sum += g
        along += g * (Double(tape.x[row * width + index]) - mean) * scale
      }
      sum = isCentred ? sum / Double(width) : 0
      along /= Double(width)
      for index in 0..<width {
        let g = Double(dy[row * width + index]) * Double(weight[index])
        let normed = (Double(tape.x[row * width + index]) - mean) * scale
        dx[row * width + index] = Float(scale * (g - sum - normed * along))
      }
    }
    return dx
  }

  private func statistics(_ x: [Float], _ row: Int) -> (mean: Double, scale: Double) {
    let width = weight.count
    let values = x[row * width..<(row + 1) * width]
    let mean = isCentred ? values.reduce(0.0) { $0 + Double($1) } / Double(width) : 0
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(width)
    return (mean, 1 / (variance + epsilon).squareRoot())
  }
}

extension ActivationKind {
  func value(_ x: Float) -> Float {
    let x = Double(x)
    let y: Double =
      switch self {
      case .silu: x / (1 + exp(-x))
      case .quickGelu: x / (1 + exp(-1.702 * x))
      case .gelu: 0.5 * x * (1 + erf(x * 0.5.squareRoot()))
      case .geluTanh: 0.5 * x * (1 + tanh(Self.tanhScale * (x + 0.044715 * x * x * x)))
      case .relu: max(x, 0)
      }
    return Float(y)
  }

  func slope(_ x: Float) -> Float {
    let x = Double(x)
    func gated(_ rate: Double) -> Double {
      let s = 1 / (1 + exp(-rate * x))
      return s * (1 + rate * x * (1 - s))
    }
    let y: Double =
      switch self {
      case .silu: gated(1)
      case .quickGelu: gated(1.702)
      case .gelu: 0.5 * (1 + erf(x * 0.5.squareRoot())) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      case .geluTanh:
        {
          let t = tanh(Self.tanhScale * (x + 0.044715 * x * x * x))
          return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Self.tanhScale * (1 + 3 * 0.044715 * x * x)
        }()
      case .relu: x > 0 ? 1 : 0
      }
    return Float(y)
  }

  private static let tanhScale = (2 / Double.pi).squareRoot()
}
