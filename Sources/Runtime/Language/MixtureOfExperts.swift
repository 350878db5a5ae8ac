internal import Mapping
internal import Tensors

/// A feed-forward part of many experts of which each token runs a few (Qwen3-VL-MoE), and one that all run (Qwen3.5-MoE).
///
/// `y = Σ w_e · expert_e(x) + σ(g · x) shared(x)` over the `perToken` experts with the largest softmax of the router's logits.
struct MixtureOfExperts: Sendable {
  /// `[experts, width]`, always in f32: it decides what runs.
  let router: Linear
  let experts: [MLP]
  /// The one that all tokens run, and its gate, `[1, width]` in f32.
  let shared: (expert: MLP, gate: Linear)?
  let perToken: Int
  /// Weights of the chosen ones are divided by their sum.
  let normalizes: Bool

  init(_ name: String, _ language: LanguageConfiguration, experts count: Int, from loader: ModelLoader) throws
  {
    router = try Linear(
      "\(name).router", inputs: language.width, outputs: count, from: loader, float32Only: true)
    experts = try (0..<count).map { index in
      try MLP(
        "\(name).experts.\(index)", kind: language.mlp, activation: language.activation,
        width: language.width, hidden: language.expertWidth ?? language.mlpWidth, from: loader)
    }
    shared = try language.sharedExpertWidth.map { hidden in
      let expert = try MLP(
        "\(name).shared", kind: language.mlp, activation: language.activation, width: language.width, hidden: hidden,
        from: loader)
      let gate = try Linear("\(name).shared_gate", inputs: language.width, outputs: 1, from: loader, float32Only: true)
      return (expert, gate)
    }
    perToken = min(language.expertsPerToken ?? 1, count)
    normalizes = language.normalizesExpertWeights ?? true
  }

  /// Writes `moe(x) + residual` to `y`; all are `[rows, width]`, and `y` may be the residual but not `x`.
  func callAsFunction(
    _ x: UnsafePointer<Float>, rows: Int, tokens: PackedTokens, residual: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>
  ) {
    let width = router.inputs
    let routes = route(x, rows: rows, tokens: tokens)
    if let residual {
      if residual != UnsafePointer(y) { y.update(from: residual, count: rows * width) }
    } else {
      y.update(repeating: 0, count: rows * width)
    }
    if let shared { add(shared.expert, by: shared.gate, x, rows: rows, tokens: tokens, to: y) }
    let most = routes.map(\.count).max() ?? 0
    let hidden = Scratch(most * (experts.first?.hidden ?? 0))
    let result = Scratch(most * width)
    for (expert, chosen) in zip(experts, routes) where !chosen.isEmpty {
      expert(rows: chosen.count, tokens: tokens, scratch: hidden.base, residual: nil, into: result.base) {
        format in
        tokens.pack(rows: chosen.count, width: width, as: format) { range, destination in
          for (place, index) in range.enumerated() {
            (destination + place * width).update(from: x + chosen[index].row * width, count: width)
          }
        }
      }
      for (place, route) in chosen.enumerated() {
        add(result.base + place * width, times: route.weight, to: y + route.row * width)
      }
    }
  }

  /// Adds `σ(gate(x)) expert(x)` of all rows to `y`.
  private func add(
    _ expert: MLP, by gate: Linear, _ x: UnsafePointer<Float>, rows: Int, tokens: PackedTokens,
    to y: UnsafeMutablePointer<Float>
  ) {
    let width = router.inputs
    let (weights, hidden, result) = (Scratch(rows), Scratch(rows * expert.hidden), Scratch(rows * width))
    tokens.pack(x, rows: rows, width: width, as: gate.format)
    gate(tokens, activation: .sigmoid, into: weights.base)
    expert(rows: rows, tokens: tokens, scratch: hidden.base, residual: nil, into: result.base) { format in
      tokens.pack(x, rows: rows, width: width, as: format)
    }
    for row in 0..<rows { add(result.base + row * width, times: weights.base[row], to: y + row * width) }
  }

  private func add(_ row: UnsafePointer<Float>, times weight: Float, to target: UnsafeMutablePointer<Float>) {
    for index in 0..<router.inputs { target[index] += weight * row[index] }
  }

  /// For each expert the rows that run it and with which weight, rows ascending.
  private func route(_ x: UnsafePointer<Float>, rows: Int, tokens: PackedTokens) -> [[(
    row: Int, weight: Float
  )]] {
    let count = experts.count
    let scores = Scratch(rows * count)
    tokens.pack(x, rows: rows, width: router.inputs, as: router.format)
    router(tokens, into: scores.base)
    Kernels.active.softmax(scores.base, rows: rows, width: count)
    var routes = [[(row: Int, weight: Float)]](repeating: [], count: count)
    for row in 0..<rows {
      let probabilities = UnsafeBufferPointer(start: scores.base + row * count, count: count)
      // Ties go to the lower index, so that a run can be repeated.
      let chosen = probabilities.indices.sorted {
        (probabilities[$0], $1) > (probabilities[$1], $0)
      }.prefix(perToken)
      let sum = normalizes ? chosen.reduce(Float(0)) { $0 + probabilities[$1] } : 1
      for expert in chosen { routes[expert].append((row, probabilities[expert] / sum)) }
    }
    return routes
  }
}
