internal import Mapping
internal import Tensors

/// A block's feed-forward part: `down(act(up(x)))`, or gated `down(act(gate(x)) * up(x))`, with a norm before `down` where
/// the family has one.
struct MLP: Sendable {
  let activation: Activation
  /// `[hidden, width]`; gated only.
  let gate: Linear?
  /// `[hidden, width]`
  let up: Linear
  /// Over the hidden layer (Kosmos-2).
  let innerNorm: Norm?
  /// `[width, hidden]`
  let down: Linear

  /// - Parameter outputScale: what the output is multiplied by, `[width]`; folded into the last layer.
  init(
    _ name: String, kind: MLPKind, activation: ActivationKind, width: Int, hidden: Int,
    innerNorm: Norm? = nil, outputScale: FloatTensor? = nil, from loader: ModelLoader
  ) throws {
    self.innerNorm = innerNorm
    self.activation = activation.kernel
    gate = kind == .gated ? try Linear("\(name).gate", inputs: width, outputs: hidden, from: loader) : nil
    up = try Linear("\(name).up", inputs: width, outputs: hidden, from: loader)
    down = try Linear(
      "\(name).down", inputs: hidden, outputs: width, outputScale: outputScale, from: loader)
  }

  var hidden: Int { down.inputs }

  /// Adds `mlp(norm(x))` to `x`, `[rows, width]`; `scratch` is `[rows, hidden]`.
  func add(
    _ norm: Norm, to x: UnsafeMutablePointer<Float>, rows: Int, tokens: PackedTokens,
    scratch: UnsafeMutablePointer<Float>
  ) {
    callAsFunction(rows: rows, tokens: tokens, scratch: scratch, residual: x, into: x) { format in
      norm.pack(x, rows: rows, into: tokens, as: format)
    }
  }

  /// Writes `mlp(input) + residual` to `y`, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - scratch: `[rows, hidden]`
  ///   - pack: packs the input's rows into `tokens` for a layer's arithmetic; called once for each that differs.
  func callAsFunction(
    rows: Int, tokens: PackedTokens, scratch: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>, pack: (ProductFormat) -> Void
  ) {
    pack(up.format)
    if let gate {
      up(tokens, into: scratch)
      if gate.format != up.format { pack(gate.format) }
      gate(tokens, activation: activation, factor: scratch, into: scratch)
    } else {
      up(tokens, activation: activation, into: scratch)
    }
    if let innerNorm {
      innerNorm.pack(scratch, rows: rows, into: tokens, as: down.format)
    } else {
      tokens.pack(scratch, rows: rows, width: hidden, as: down.format)
    }
    down(tokens, residual: residual, into: y)
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
