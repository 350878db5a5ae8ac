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
  private let attention: QueryAttention
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
    guard !language.hasLinearBlocks, language.gatedAttention != true, language.rotaryWidth == nil else {
      throw refuse("linear attention, gated heads and heads that turn in part have no backward pass here")
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
    attention = QueryAttention(
      heads: language.heads, keyHeads: language.keyValueHeads, headWidth: language.headWidth,
      scale: 1 / Float(language.queryScale ?? Double(language.headWidth)).squareRoot(),
      softCap: language.attentionSoftCap.map(Float.init))
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
    var attention = QueryAttention.Tape()
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
      step.attention.value = block.value(h, rows: rows)
      if let norm = block.queryNorm { q = norm.forward(q, rows: rows * attention.heads, &step.queryNorm) }
      if let norm = block.keyNorm { k = norm.forward(k, rows: rows * attention.keyHeads, &step.keyNorm) }
      attention.turn(&q, index, contexts, attention.heads, back: false)
      attention.turn(&k, index, contexts, attention.keyHeads, back: false)
      (step.attention.query, step.attention.key) = (q, k)
      var mixed = attention.forward(index, contexts, &step.attention)
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
      var (dq, dk, dv) = attention.backward(index, contexts, step.attention, dmixed)
      attention.turn(&dq, index, contexts, attention.heads, back: true)
      attention.turn(&dk, index, contexts, attention.keyHeads, back: true)
      if let norm = block.queryNorm { dq = norm.backward(dq, rows: rows * attention.heads, step.queryNorm) }
      if let norm = block.keyNorm { dk = norm.backward(dk, rows: rows * attention.keyHeads, step.keyNorm) }
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
}
