internal import Mapping
internal import Tensors

/// A block's feed-forward part: `down(act(up(x)))`, or gated `down(act(gate(x)) * up(x))`.
struct MLP: Sendable {
  let activation: Activation
  /// `[hidden, width]`; gated only.
  let gate: Linear?
  /// `[hidden, width]`
  let up: Linear
  /// `[width, hidden]`
  let down: Linear

  init(
    _ name: String, kind: MLPKind, activation: ActivationKind, width: Int, hidden: Int,
    from loader: ModelLoader
  ) throws {
    self.activation = activation.kernel
    gate = kind == .gated ? try Linear("\(name).gate", inputs: width, outputs: hidden, from: loader) : nil
    up = try Linear("\(name).up", inputs: width, outputs: hidden, from: loader)
    down = try Linear("\(name).down", inputs: hidden, outputs: width, from: loader)
  }

  var hidden: Int { down.inputs }

  /// Adds `mlp(norm(x))` to `x`, `[rows, width]`; `scratch` is `[rows, hidden]`.
  func add(
    _ norm: Norm, to x: UnsafeMutablePointer<Float>, rows: Int, tokens: PackedTokens,
    scratch: UnsafeMutablePointer<Float>
  ) {
    norm.pack(x, rows: rows, into: tokens, as: up.format)
    if let gate {
      up(tokens, into: scratch)
      if gate.format != up.format { norm.pack(x, rows: rows, into: tokens, as: gate.format) }
      gate(tokens, activation: activation, factor: scratch, into: scratch)
    } else {
      up(tokens, activation: activation, into: scratch)
    }
    tokens.pack(scratch, rows: rows, width: hidden, as: down.format)
    down(tokens, residual: x, into: x)
  }
}

extension ActivationKind {
  /// The kernel of this function.
  var kernel: Activation {
    switch self {
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .quickGelu: .quickGelu
    case .silu: .silu
    case .relu: .relu
    }
  }
}
